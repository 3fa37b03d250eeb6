/** Recognises files written for Ansible and says which key becomes which. */
import { child, entryOf, type MapNode, type Node, type SourceFile, type Spot } from './node.ts';
import type { Report } from './report.ts';

/** Ansible's names for a host's settings, and ours. */
const HOST_KEYS: Readonly<Record<string, string>> = {
  ansible_host: 'address',
  ansible_port: 'port',
  ansible_user: 'user',
  ansible_ssh_user: 'user',
  ansible_ssh_private_key_file: 'identity',
  ansible_private_key_file: 'identity',
  ansible_connection: 'connection',
  ansible_become: 'become',
  ansible_become_user: 'become_user',
  ansible_become_method: 'become: { method }',
  ansible_ssh_common_args: 'jump (for ProxyJump)',
};

/** True, and reported, when the inventory is shaped like Ansible's. */
export function refuseAnsibleInventory(node: Node, report: Report): boolean {
  if (node.kind !== 'map' || entryOf(node, 'hosts')) {
    const settings = ansibleSettings(child(node, 'hosts'));
    for (const { name, spot } of settings) {
      const ours = HOST_KEYS[name];
      const hint = ours ? `write ${ours}` : 'put plain values under vars: with a name of your own';
      report.add('ansible-inventory', `"${name}" is Ansible's`, spot, hint);
    }
    return settings.length > 0;
  }
  const group = node.entries.find(({ value }) => entryOf(value, 'hosts') ?? entryOf(value, 'children'));
  if (!group) return false;
  const used = [...new Set(ansibleSettings(node).map(({ name }) => name))];
  const keys = used.map((name) => `${name} → ${HOST_KEYS[name] ?? `vars.${name.slice(8)}`}`);
  const hint = [
    `hosts of all groups go under one top-level "hosts:", each with groups: [${group.name === 'all' ? 'name' : group.name}]`,
    'children: goes under groups: NAME: { children: [names] }',
    'vars: stays, under its host or group',
    ...keys,
  ].join('; ');
  report.add('ansible-inventory', "this inventory is shaped like Ansible's", group.key, hint);
  return true;
}

/** True, and reported, when the inventory is one of Ansible's in INI: it begins with a section or a host's settings. */
export function refuseIni(file: SourceFile, report: Report): boolean {
  const found = /^(?:[ \t]*(?:[#;].*)?\n)*(\[[\w:.-]+\][ \t]*$|[\w.-]+[ \t]+ansible_\w+=)/m.exec(file.text);
  if (!found || found.index > 0) return false;
  const start = file.text.indexOf(found[1] ?? '');
  const hint =
    'write it in YAML: hosts: { NAME: { address: …, groups: [GROUP], vars: {…} } } and groups: { GROUP: { vars: {…} } }';
  report.add(
    'ansible-inventory',
    "this is an inventory of Ansible's in INI",
    { file, start, end: start },
    hint,
  );
  return true;
}

/** True, and reported, when the runbook is an Ansible playbook. */
export function refusePlaybook(node: Node, report: Report): boolean {
  const plays = node.kind === 'list' ? node.items : [node];
  const play = plays.find((item) => entryOf(item, 'tasks') ?? entryOf(item, 'roles'));
  const entry = play && (entryOf(play, 'tasks') ?? entryOf(play, 'roles'));
  if (!entry || (node.kind === 'map' && entryOf(node, 'steps'))) return false;
  const hint =
    'a runbook is one map: hosts:, become:, vars: as they are; tasks: → steps:, each `{ task: NAME, with: {…} }`; register: → outputs of the step; notify: takes ids of handlers:';
  report.add('ansible-playbook', 'this is an Ansible playbook', entry.key, hint);
  return true;
}

function ansibleSettings(node: Node | undefined): readonly { readonly name: string; readonly spot: Spot }[] {
  if (node?.kind !== 'map') return [];
  return node.entries.flatMap(({ name, key, value }) =>
    name.startsWith('ansible_')
      ? [{ name, spot: key }]
      : isVars(name)
        ? []
        : ansibleSettings(value as MapNode),
  );
}

function isVars(name: string): boolean {
  return name === 'vars';
}
