/** What a host's disk has become since its base: path, type, mode, owner and content of everything that differs. */
import { createHash } from 'node:crypto';
import { existsSync, lstatSync, readdirSync, readFileSync, readlinkSync, type Stats } from 'node:fs';
import { join } from 'node:path';
import { diskFolder, type Lab, type LabHost, treeOf } from './lab.ts';

/** What differs between hosts that are alike, each with its reason. A folder means all below it. */
export const NOT_COMPARED: readonly (readonly [path: RegExp, why: string])[] = [
  [/^\/var\/lib\/tightbeam(\/|$)/, 'journals and marks of runs, which are looked at apart'],
  [/^\/(var\/)?(tmp|run|log|cache|backups)(\/|$)/, 'logs, caches, and what lives for a boot'],
  [
    /^\/var\/lib\/(apt|dpkg|ucf|debconf|systemd|dbus)(\/|$)/,
    'lists, locks, times and copies of their own; packages are compared by name, version and state',
  ],
  [/^\/etc\/(machine-id|resolv\.conf|\.pwd\.lock|\.updated)$/, 'made anew at each boot or for each host'],
  [/^\/var\/(\.updated|lib\/logrotate\/status)$/, 'times'],
  [/^\/etc\/ssh\/ssh_host_/, 'the keys of each host are random'],
  [/^\/etc\/(passwd|group|shadow|gshadow|subuid|subgid)-$/, 'the copy of the file before its last change'],
  [/^\/root\/\.history_frr$/, 'commands of vtysh, which writes them down as it ends'],
  [/^\/etc\/ld\.so\.cache$|\/__pycache__(\/|$)/, 'a cache'],
  [/^\/(home\/\w+|root)\/\.ssh$/, 'holds the key of the lab'],
];

/** Texts that are random by nature or of the lab, and what stands for them. */
export type Masks = readonly (readonly [RegExp, string])[];

export function masksOf(lab: Lab, publicKey: string): Masks {
  const quoted = publicKey.trim().replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  return [
    [new RegExp(quoted, 'g'), '(key of the lab)'],
    [new RegExp(`\\b${lab.net.replaceAll('.', '\\.')}\\.`, 'g'), '198.18.N.'],
    // The day on which a password was set, or the account was made (/etc/shadow): trials may end on the next one.
    [/^([^:\n]+:[^:\n]*):\d{5}(?=:\d*:\d*:)/gm, '$1:(day)'],
    // WireGuard's, which each host makes for itself.
    [/(?<![A-Za-z0-9+/])[A-Za-z0-9+/]{43}=/g, '(key)'],
    // How often the SDN of Proxmox was applied.
    [/(?<=^#version:)\d+$|(?<="vnets":.*"version":)\d+\b|(?<="version":)\d+(?=,.*"vnets":)/gm, '(count)'],
    // What Proxmox makes up for guests and zones.
    [/\bBC:24:11(?::[0-9A-F]{2}){3}\b/gi, '(MAC)'],
    [/(?<=\b(?:uuid=|vmgenid: ))[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b|(?<=,ctime=)\d+/g, '(made up)'],
  ];
}

/** Sorted lines, a line for each path that differs from the base. */
export function treePrint(lab: Lab, host: LabHost, masks: Masks): readonly string[] {
  const disk = join(diskFolder(lab), host.name);
  const base = readFileSync(join(diskFolder(lab), 'base'), 'utf8');
  const tree = treeOf(lab, host);
  const lines: string[] = [];
  const walk = (path: string): void => {
    if (isLeftOut(path)) return;
    const now = look(join(tree, path));
    const before = look(join(base, path));
    if (now === undefined) {
      if (before !== undefined) lines.push(`tree ${path} gone`);
      return;
    }
    const line = describe(join(tree, path), now, masks);
    if (before === undefined || describe(join(base, path), before, masks) !== line)
      lines.push(`tree ${path} ${line}`);
    if (!now.isDirectory()) return;
    // The upper layer has all that was touched; what is gone with a whole folder stands in the base alone.
    const upper = join(disk, 'upper', path);
    const touched = existsSync(upper) ? readdirSync(upper) : [];
    const had = before?.isDirectory() ? readdirSync(join(base, path)) : [];
    const gone = had.filter((name) => look(join(tree, path, name)) === undefined);
    for (const name of new Set([...touched, ...gone])) walk(`${path === '/' ? '' : path}/${name}`);
  };
  for (const name of readdirSync(join(disk, 'upper'))) walk(`/${name}`);
  return lines.sort();
}

function isLeftOut(path: string): boolean {
  return NOT_COMPARED.some(([pattern]) => pattern.test(path));
}

function look(path: string): Stats | undefined {
  return lstatSync(path, { throwIfNoEntry: false });
}

function describe(path: string, stats: Stats, masks: Masks): string {
  const mode = `${(stats.mode & 0o7777).toString(8)} ${stats.uid}:${stats.gid}`;
  if (stats.isSymbolicLink()) return `link ${readlinkSync(path)}`;
  if (stats.isDirectory()) return `folder ${mode}`;
  if (!stats.isFile()) return `special ${(stats.mode >> 12).toString(8)} ${mode}`;
  return `file ${mode} ${sumOf(path, masks)}`;
}

function sumOf(path: string, masks: Masks): string {
  const bytes = readFileSync(path);
  const text = bytes.toString('latin1');
  const masked = masks.reduce((done, [pattern, word]) => done.replace(pattern, word), text);
  return createHash('sha256').update(masked, 'latin1').digest('hex').slice(0, 16);
}
