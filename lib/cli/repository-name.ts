/** What a project is called everywhere: the address of its repository, without scheme, account and ending. */
import { readFileSync } from 'node:fs';
import { basename, dirname, join, relative, resolve } from 'node:path';

/** `github.com/acme/fleet`, with the folder below it where the root is not the repository's; else the root's name. */
export function repositoryName(root: string): string {
  for (let folder = root; ; folder = dirname(folder)) {
    const config = configOf(join(folder, '.git'));
    if (config !== undefined) {
      const url = originOf(config);
      const below = relative(folder, root);
      return url === undefined ? basename(root) : [plainAddress(url), below].filter(Boolean).join('/');
    }
    if (folder === dirname(folder)) return basename(root);
  }
}

/** `git@host:a/b.git`, `https://token@host/a/b.git` and `ssh://git@host:22/a/b` are one: `host/a/b`. */
export function plainAddress(url: string): string {
  const [, host = '', path = ''] =
    /^[a-z+]+:\/\/(?:[^@/]*@)?([^:/]*)(?::\d+)?\/+(.*)$/i.exec(url) ??
    // A password with signs that should have been escaped.
    /^[a-z+]+:\/\/.*@([^:/@]*)(?::\d+)?\/+(.*)$/i.exec(url) ??
    /^(?:[^@/]*@)?([^:/]+):(.*)$/.exec(url) ??
    [];
  const whole = host === '' ? `${path || url}` : `${host.toLowerCase()}/${path}`;
  return whole
    .replace(/\/+$/, '')
    .replace(/\.git$/, '')
    .replace('//', '/');
}

function configOf(git: string): string | undefined {
  const whole = read(join(git, 'config'));
  if (whole !== undefined) return whole;
  // A worktree or a submodule: a file that says where the rest is.
  const [, target] = /^gitdir: (.*)$/m.exec(read(git) ?? '') ?? [];
  if (target === undefined) return undefined;
  const own = resolve(dirname(git), target);
  const common = read(join(own, 'commondir'))?.trim();
  return read(join(common === undefined ? own : resolve(own, common), 'config'));
}

/** The remote `origin`, else the first one. */
function originOf(config: string): string | undefined {
  const urls = new Map<string, string>();
  let remote: string | undefined;
  for (const line of config.split('\n')) {
    const [, section, name] = /^\s*\[(\w+)(?:\s+"(.*)")?\]/.exec(line) ?? [];
    if (section !== undefined) remote = section === 'remote' ? name : undefined;
    const [, url] = /^\s*url\s*=\s*(\S+)/.exec(line) ?? [];
    if (remote !== undefined && url !== undefined && !urls.has(remote)) urls.set(remote, url);
  }
  return urls.get('origin') ?? [...urls.values()][0];
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
