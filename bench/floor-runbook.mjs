/** Writes the runbook of the benchmark: 100 files, 20 packages, 5 units, 5 sysctls and a user. */

const FILES = 100;

/** All of Debian's base: the benchmark is of looking, not of installing. */
const PACKAGES =
  'apt bash ca-certificates coreutils dbus dpkg findutils grep gzip hostname iproute2 kmod login mount openssh-server passwd procps sed sudo tar'.split(
    ' ',
  );

const UNITS = ['ssh', 'dbus', 'dbus.socket', 'systemd-journald', 'systemd-journald.socket'];

const SYSCTLS = {
  'net.ipv4.ip_forward': 1,
  'net.ipv4.conf.all.rp_filter': 0,
  'net.ipv4.conf.default.rp_filter': 0,
  'net.ipv4.conf.all.accept_redirects': 0,
  'net.ipv4.conf.all.send_redirects': 0,
};

export const RESOURCES = FILES + PACKAGES.length + UNITS.length + Object.keys(SYSCTLS).length + 1;

export function floorRunbook() {
  const files = Array.from({ length: FILES }, (_, index) => {
    const content = `# Setting ${index} of the service, as long as such files are.\\nvalue = ${index}\\nmode = strict\\n`;
    return `  - { id: file_${index}, task: file, with: { path: /srv/floor/setting-${index}.conf, content: "${content}", mode: "0644" } }`;
  });
  const units = UNITS.map(
    (name, index) => `  - { id: unit_${index}, task: service, with: { name: ${name}, running: true } }`,
  );
  const sysctls = Object.entries(SYSCTLS).map(([name, value]) => `${name}: ${value}`);
  return `name: Floor
hosts: all
become: true
steps:
  - { id: folder, task: directory, with: { path: /srv/floor } }
  - { id: packages, task: package, with: { names: [${PACKAGES.join(', ')}] } }
  - { id: person, task: user, with: { name: nora, shell: /bin/bash } }
${files.join('\n')}
  - { id: kernel, task: sysctl, with: { values: { ${sysctls.join(', ')} } } }
${units.join('\n')}
`;
}
