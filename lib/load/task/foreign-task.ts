/** Modules of Ansible that are called otherwise here. */

const NAMES: Readonly<Record<string, string>> = {
  apt: 'package',
  blockinfile: 'template',
  deb822_repository: 'file',
  fail: 'assert',
  lineinfile: 'line',
  modprobe: 'kernel_module',
  shell: 'command',
  raw: 'command',
  stat: 'command',
  synchronize: 'copy',
  systemd: 'service',
  systemd_service: 'service',
  ufw: 'open_ports',
  uri: 'verify_http',
};

/** `ansible.builtin.apt` is `apt`. Undefined where docs/from-ansible.md knows more than a name. */
export function taskHint(name: string): string | undefined {
  const bare = name.replace(/^\w+\.\w+\./, '');
  const ours = Object.hasOwn(NAMES, bare) ? NAMES[bare] : undefined;
  return ours && `write task: ${ours}; run tasks ${ours} shows its parameters`;
}
