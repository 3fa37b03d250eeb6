/** The pipelines in docs/ci/: YAML, with commands that this program has, and nothing that needs a forge's API. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { parseCommandLine } from '../lib/cli/args.ts';
import { RUN_FLAGS } from '../lib/cli/flag.ts';
import { verbNamed } from '../lib/cli/verbs.ts';
import { ROOT } from './fixture/page.ts';
import { assert, suite } from './suite.ts';

const test = suite('pipelines');
const FOLDER = join(ROOT, 'docs/ci');
const files = readdirSync(FOLDER);

function read(name: string): unknown {
  return parse(readFileSync(join(FOLDER, name), 'utf8'), { strict: true, uniqueKeys: true });
}

/** Every text below `run`, `script` and `before_script`. */
function scripts(value: unknown, inside = false): readonly string[] {
  if (typeof value === 'string') return inside ? [value] : [];
  if (Array.isArray(value)) return value.flatMap((item) => scripts(item, inside));
  if (value === null || typeof value !== 'object') return [];
  return Object.entries(value).flatMap(([name, item]) =>
    scripts(item, /^(run|script|before_script)$/.test(name)),
  );
}

/** The words of each call of ours, up to what the shell takes for itself. */
function calls(name: string): readonly (readonly string[])[] {
  const lines = scripts(read(name)).flatMap((text) => text.split('\n'));
  return lines
    .map((line) => line.trim())
    .filter((line) => line.startsWith('run '))
    .map((line) => (line.replace(/ (\|\||>|&&).*$/, '').match(/"[^"]*"|\S+/g) ?? []).slice(1))
    .map((words) => words.map((word) => word.replaceAll('"', '')));
}

test('there is one for GitHub Actions and one for GitLab CI', () => {
  assert.equal([...files].sort(), ['github-actions.yaml', 'gitlab-ci.yaml']);
});

for (const name of files) {
  test(`${name}: its commands are ours`, () => {
    const verbs = calls(name).map((words) => {
      const verb = verbNamed(words[0]);
      const args = parseCommandLine(verb ? words.slice(1) : words, verb?.flags ?? RUN_FLAGS);
      assert.ok(verb || args.positionals.length === 2, words.join(' '));
      return verb?.name ?? (args.has('out') ? 'plan' : args.has('dry-run') ? 'dry run' : 'run');
    });
    assert.equal([...new Set(verbs)].sort(), ['apply', 'dry run', 'plan', 'validate']);
  });

  test(`${name}: no forge's API, no token of one, no secret in a command`, () => {
    const text = readFileSync(join(FOLDER, name), 'utf8');
    assert.not.match(
      text,
      /GITHUB_TOKEN|github\.token|CI_JOB_TOKEN|PRIVATE-TOKEN|\/api\/|\bgh \w|\bglab \w|curl|github-script/i,
    );
    // What GitHub puts into a script is text of it: secrets and names of branches come as variables.
    for (const script of scripts(read(name))) assert.not.match(script, /\$\{\{/);
  });
}

test('github-actions.yaml: jobs need no right but to read, and forks get no key', () => {
  const { permissions, jobs } = read('github-actions.yaml') as {
    readonly permissions: unknown;
    readonly jobs: Readonly<Record<string, { readonly if: string; readonly environment: string }>>;
  };
  assert.equal(permissions, { contents: 'read' });
  assert.match(jobs.review?.if ?? '', /head\.repo\.full_name == github\.repository/);
  assert.is(jobs.apply?.environment, 'production');
});

test('pages that they name are there', () => {
  for (const name of files)
    for (const [page] of readFileSync(join(FOLDER, name), 'utf8').matchAll(/docs\/[\w-]+\.md/g))
      assert.ok(existsSync(join(ROOT, page)), page);
});
