/** Code in the documentation: TypeScript that tsc takes, commands that there are, tables of names that mean something. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { builtinTasks } from '../lib/cli/builtin.ts';
import { RUN_FLAGS } from '../lib/cli/flag.ts';
import { VERBS, verbNamed } from '../lib/cli/verbs.ts';
import { GROUP_KEYS, IMPORT_KEYS, RUNBOOK_SCHEMA, STEP_KEYS } from '../lib/load/runbook/runbook-schema.ts';
import { findRunbooks } from '../lib/load/source/root.ts';
import { describeTask } from '../lib/load/task/task-doc.ts';
import { codeOf, pages, ROOT, readPage, shownFiles } from './fixture/page.ts';
import { assert, suite } from './suite.ts';

const test = suite('code in the docs');
const scratch = mkdtempSync(join(tmpdir(), 'tightbeam-docs-code-'));
test.after(() => rmSync(scratch, { recursive: true, force: true }));

/** Programs of other people, configured in their own languages. */
const FOREIGN = ['lua', 'toml', 'elisp'];
const OURS = ['yaml', 'ts', 'json', 'liquid', 'sh'];

test('every block says what it is, and those of files say which', () => {
  for (const page of pages()) {
    const files = shownFiles(page);
    for (const [, language = ''] of readPage(page).matchAll(/^```(\w+)\n/gm))
      assert.ok([...OURS, ...FOREIGN].includes(language), `${page}: ${language}`);
    const modules = readPage(page).match(/^```ts$/gm)?.length ?? 0;
    assert.is([...files.keys()].filter((name) => name.endsWith('.ts')).length, modules, page);
  }
});

test('every block of JSON is JSON, a line or a whole', () => {
  for (const page of pages())
    for (const [, text = ''] of readPage(page).matchAll(/^```json\n([\s\S]*?)^```$/gm)) {
      const parts = text.startsWith('{\n') ? [text] : text.trim().split('\n');
      for (const part of parts) assert.not.throws(() => JSON.parse(part), `${page}: ${part}`);
    }
});

test('TypeScript in the docs is right by the compiler, strictly, with a misspelt parameter refused', () => {
  const files = pages().flatMap((page) =>
    [...shownFiles(page)]
      .filter(([name, text]) => name.endsWith('.ts') && text.includes("from 'tightbeam'"))
      .map(([name, text]) => ({ path: join(basename(page, '.md'), name), text })),
  );
  assert.ok(files.length >= 3, `${files.length} modules`);
  const shown = shownFiles('docs/runbooks.md').get('tasks/login_notice.ts') ?? '';
  const wrong = shown.replace('({ text, path })', '({ text, pth })');
  assert.is.not(wrong, shown);
  for (const { path, text } of [...files, { path: 'wrong.ts', text: wrong }]) {
    mkdirSync(join(scratch, dirname(path)), { recursive: true });
    writeFileSync(join(scratch, path), text);
  }
  const { compilerOptions } = JSON.parse(readFileSync(join(ROOT, 'tsconfig.json'), 'utf8'));
  const options = {
    ...compilerOptions,
    noEmit: true,
    types: ['node'],
    typeRoots: [join(ROOT, 'node_modules/@types')],
    paths: { tightbeam: [join(ROOT, 'lib/index.ts')] },
  };
  writeFileSync(join(scratch, 'package.json'), '{ "type": "module" }');
  writeFileSync(join(scratch, 'tsconfig.json'), JSON.stringify({ compilerOptions: options, include: ['.'] }));
  const tsc = join(ROOT, 'node_modules/.bin/tsc');
  const { stdout } = spawnSync(tsc, ['-p', scratch], { encoding: 'utf8', timeout: 100_000 });
  const faults = stdout.split('\n').filter((line) => line.includes('error TS'));
  assert.equal(
    faults.filter((line) => !line.includes('wrong.ts')),
    [],
  );
  assert.match(faults.join('\n'), /wrong\.ts.*pth/);
}, 120_000);

/** Lines that begin with our command, cut where another program or a comment begins. */
function commandLines(page: string): readonly string[] {
  const lines = codeOf(page).flatMap((code) => code.split('\n'));
  return lines.flatMap((line) => {
    const found = /^(?:\$ )?(?:\.\/)?run(?= [<\w-])(.*)$/.exec(line.trim())?.[1];
    return found === undefined
      ? []
      : found
          .replace(/'[^']*'?|"[^"]*"?/g, 'TEXT')
          .replace(/ (?:--|#|\||>|;|&&|…)( .*)?$/, '')
          .replace(/ {3,}.*$/, '')
          .trim();
  });
}

test('every command of ours in a page is one: its verb or runbook, and its flags', () => {
  const runbooks = new Set(['hello', ...findRunbooks(ROOT)]);
  for (const page of pages())
    for (const name of shownFiles(page).keys())
      if (/^runbooks\/[^/]+\.yaml$/.test(name)) runbooks.add(basename(name, '.yaml'));
  let seen = 0;
  for (const page of pages().filter(
    (name) => !name.startsWith('docs/decisions/') && name !== 'CHANGELOG.md',
  )) {
    for (const line of commandLines(page)) {
      const [word = '', ...rest] = line.split(/\s+/);
      const verb = verbNamed(word);
      if (!verb && !word.startsWith('-') && !word.startsWith('<') && !word.includes('/'))
        assert.ok(runbooks.has(word), `${page}: run ${line}`);
      seen += 1;
      const flags = (verb?.flags ?? RUN_FLAGS).flatMap(({ name, short }) => [
        `--${name}`,
        `-${short ?? name}`,
      ]);
      for (const flag of [word, ...rest].filter((each) => /^--?[a-z]/i.test(each)))
        assert.ok(flags.includes(flag.replace(/[=,].*$/, '')), `${page}: run ${line}: ${flag}`);
    }
  }
  assert.ok(seen > 60, `${seen} commands`);
});

test('the reference shows how every verb is called', () => {
  const [, block = ''] = /^# Reference\n\n```\n([\s\S]*?)```/.exec(readPage('docs/reference.md')) ?? [];
  for (const { name } of VERBS) assert.match(block, new RegExp(`^run ${name}\\b`, 'm'));
});

test('every page can be reached from README.md', () => {
  const linked = new Set([...readPage('README.md').matchAll(/\]\(([^)#\s]+)/g)].map(([, to]) => to));
  for (const page of pages().filter(
    (name) => name.startsWith('docs/') && !name.startsWith('docs/decisions/'),
  ))
    assert.ok(linked.has(page), page);
});

test('docs/from-ansible.md: what stands on our side is a task, a key, a parameter, a flag or a fact', async () => {
  const tasks = [...builtinTasks().tasks].map(async ([name, load]) =>
    describeTask(name, await load(), false),
  );
  const docs = await Promise.all(tasks);
  const known = new Set([
    ...docs.flatMap(({ name, params }) => [name, ...params.map((param) => param.name)]),
    ...[STEP_KEYS, GROUP_KEYS, IMPORT_KEYS].flatMap((keys) => Object.keys(keys)),
    ...Object.keys(RUNBOOK_SCHEMA.properties),
    ...['item', 'index', 'key', 'default', 'all', 'facts', 'and', 'not', 'always', 'never', 'max_failures'],
  ]);
  const page = readPage('docs/from-ansible.md');
  const modules = new Set<string>();
  for (const section of ['Keywords', 'Modules']) {
    const [, text = ''] = new RegExp(`## ${section}\\n([\\s\\S]*?)\\n## `).exec(page) ?? [];
    for (const [, there = '', here = ''] of text.matchAll(/^\| (.*?) \| (.*) \|$/gm)) {
      if (section === 'Modules')
        for (const [, name = ''] of there.replace(/ with .*/, '').matchAll(/`([a-z_0-9]+)`/g))
          modules.add(name);
      for (const [, word = ''] of here.matchAll(/`([a-z_]+)`/g))
        assert.ok(known.has(word), `${section}: ${word}`);
    }
  }
  assert.ok(modules.size >= 60, `${modules.size} modules`);
});
