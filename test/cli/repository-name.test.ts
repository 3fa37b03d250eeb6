/** What a project is called on hosts: the same from each clone, and never with a password in it. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { plainAddress, repositoryName } from '../../lib/cli/repository-name.ts';
import { assert, suite } from '../suite.ts';

const test = suite('repository name');
const scratch = mkdtempSync(join(tmpdir(), 'tightbeam-name-'));
test.after(() => rmSync(scratch, { recursive: true, force: true }));

for (const url of [
  'git@Example.net:acme/fleet.git',
  'https://example.net/acme/fleet',
  'https://ci:s3cret@example.net/acme/fleet.git/',
  'ssh://git@example.net:2222/acme/fleet.git',
  'https://ghp_token@example.net/acme/fleet.git',
]) {
  test(`${url} is example.net/acme/fleet`, () => assert.is(plainAddress(url), 'example.net/acme/fleet'));
}

test('a path stays one, and a password with odd signs does not stay', () => {
  assert.is(plainAddress('/srv/git/fleet.git'), '/srv/git/fleet');
  assert.is(plainAddress('file:///srv/git/fleet.git'), 'srv/git/fleet');
  assert.is(plainAddress('https://ci:p/w@d@example.net/acme/fleet'), 'example.net/acme/fleet');
});

test('origin before others, a root below the repository, a worktree, and no repository at all', () => {
  const root = join(scratch, 'clone');
  const below = join(root, 'infra');
  mkdirSync(join(root, '.git'), { recursive: true });
  mkdirSync(below);
  assert.is(repositoryName(below), 'infra', 'a folder without remotes');
  const remote = (name: string, url: string): string =>
    `[remote "${name}"]\n\turl = ${url}\n\tfetch = +refs\n`;
  writeFileSync(
    join(root, '.git/config'),
    `[core]\n\tbare = false\n${remote('fork', 'git@example.net:me/fleet')}${remote('origin', 'git@example.net:acme/fleet.git')}`,
  );
  assert.is(repositoryName(root), 'example.net/acme/fleet');
  assert.is(repositoryName(below), 'example.net/acme/fleet/infra');
  const tree = join(scratch, 'tree');
  mkdirSync(tree);
  mkdirSync(join(root, '.git/worktrees/tree'), { recursive: true });
  writeFileSync(join(tree, '.git'), `gitdir: ${join(root, '.git/worktrees/tree')}\n`);
  writeFileSync(join(root, '.git/worktrees/tree/commondir'), '../..\n');
  assert.is(repositoryName(tree), 'example.net/acme/fleet');
});
