/** `run graph` as a person meets it: which inventory, which form, and what cannot be drawn. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RUN } from '../fixture/command.ts';
import { ROOT } from '../fixture/page.ts';
import { assert, suite } from '../suite.ts';

const test = suite('run graph');
const project = mkdtempSync(join(tmpdir(), 'tightbeam-graph-'));
test.after(() => rmSync(project, { recursive: true, force: true }));

mkdirSync(join(project, 'runbooks'));
mkdirSync(join(project, 'inventory'));
const step = (id: string): string => `  - { id: ${id}, task: group, with: { name: ${id} } }\n`;
writeFileSync(
  join(project, 'runbooks/book.yaml'),
  `name: Book\nhosts: all\nsteps:\n${step('a')}${step('b')}`,
);
writeFileSync(
  join(project, 'runbooks/secret.yaml'),
  'hosts: all\nsecrets: { word: { command: ["/bin/false"] } }\nsteps:\n  - task: file\n    with: { path: /etc/a, content: "${{ secrets.word }}" }\n',
);
writeFileSync(join(project, 'inventory/prod.yaml'), 'hosts: { roz: {}, wro: {} }\n');
writeFileSync(join(project, 'inventory/many.yaml'), `hosts:\n  "h[0001:1200]": {}\n`);

function run(...argv: readonly string[]) {
  const words = ['graph', ...argv, '--project', project];
  return spawnSync(RUN, words, { cwd: ROOT, encoding: 'utf8' });
}

test('without an inventory one of the project serves, and is named', () => {
  const { status, stdout, stderr } = run('book');
  assert.is(status, 0, stderr);
  assert.is(stdout, 'Book\n1  a  group\n2  b  group  ← after a\n');
  assert.is(stderr, 'with inventory/many\n');
});

test('in every form', () => {
  assert.match(run('book', 'prod', '--format', 'mermaid').stdout, /^flowchart TD$/m);
  assert.match(run('book', 'prod', '--format', 'dot').stdout, /"a" -> "b"/);
  const svg = run('book', 'prod', '--hosts', '--format', 'svg', '--limit', 'wro').stdout;
  assert.match(svg, />wro<\/text>/);
  assert.not.match(svg, />roz<\/text>/);
});

test('nothing is asked of secrets', () => {
  const { status, stdout } = run('secret', 'prod');
  assert.is(status, 0);
  assert.match(stdout, /1 {2}file {2}file/);
});

test('what is wrong is told', () => {
  const wrong = run('book', 'prod', '--format', 'sgv');
  assert.is(wrong.status, 1);
  assert.match(wrong.stderr, /--format is text, mermaid, dot or svg, not "sgv"\n→ did you mean "svg"\?/);
  const many = run('book', 'many', '--hosts');
  assert.is(many.status, 1);
  assert.match(many.stderr, /2400 boxes are too many to look at\n→ choose a few hosts with --limit/);
  assert.match(run('book', '--hosts').stderr, /which inventory\?/);
  assert.match(run('bok', 'prod').stderr, /did you mean "book"\?/);
});
