/** `--format` of the command: what stands where, in a job of GitHub Actions and outside of one. */
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { summaryWriter } from '../../lib/cli/step-summary.ts';
import { locator } from '../../lib/cli/workspace.ts';
import type { RunReport } from '../../lib/render/run-report.ts';
import { RUN } from '../fixture/command.ts';
import { type Fleet, repository, withFleet, writeRunbook } from '../fixture/engine.ts';
import { checkJunit } from '../fixture/junit-schema.ts';
import { assert, suite } from '../suite.ts';

const test = suite('format');

const BOOK = `
secrets: { word: { env: APP_WORD } }
steps:
  - { id: conf, task: file, with: { path: /srv/conf, content: "word \${{ secrets.word }}\\n", secret: true } }
  - { id: note, task: file, with: { path: /srv/note, content: "::error::owned\\n" } }
`;
const CANARY = 'canary-5up3r/s3cret%';

interface Ran {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

function cli(
  fleet: Fleet,
  flags: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<Ran> {
  const argv = ['book', join(fleet.dir, 'inventory/lab'), '--project', fleet.dir, ...flags];
  const child = spawn(RUN, argv, {
    cwd: repository,
    env: { PATH: process.env.PATH, HOME: join(fleet.dir, 'home'), APP_WORD: CANARY, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let [out, err] = ['', ''];
  child.stdout.on('data', (chunk) => {
    out += chunk;
  });
  child.stderr.on('data', (chunk) => {
    err += chunk;
  });
  return new Promise((resolve) => child.on('close', (code) => resolve({ code, out, err })));
}

test(
  'each format on stdout, with the exit codes of text, and no secret in it',
  () =>
    withFleet(['a', 'b'], async (fleet) => {
      writeRunbook(fleet.dir, BOOK.replace(', secret: true', ''));
      const dry = (...flags: string[]) => cli(fleet, ['-C', '--detailed-exitcode', ...flags]);
      const text = await dry();
      const markdown = await dry('--format', 'markdown');
      const again = await dry('--format=markdown');
      const junit = await dry('--format', 'junit');
      const sarif = await dry('--format', 'sarif');
      const json = await dry('--format', 'json');
      const github = await dry('--format', 'github');
      const all = [text, markdown, again, junit, sarif, json, github];
      for (const { code, err } of all) assert.is(code, 2, err);
      for (const { out, err } of all) assert.not.match(`${out}${err}`, /5up3r/);
      assert.match(markdown.out, /^## Dry run of `Book`\n\n4 changes to make on 2 of 2 hosts\./);
      assert.match(markdown.out, /`a`, `b`: the same on 2 hosts\n/);
      assert.match(markdown.err, /^Book on 2 hosts {2}dry run/);
      assert.is(again.out, markdown.out);
      assert.is(checkJunit(junit.out).children.length, 2);
      assert.is(JSON.parse(sarif.out).runs[0].results.length, 2);
      assert.is(JSON.parse(json.out.trim().split('\n').at(-1) ?? '').kind, 'recap');
      assert.match(github.out, /^::notice file=\S*book\.yaml,line=\d+,col=\d+,title=note/m);
      assert.not.match(github.out, /^\s*::error::owned/m);
      assert.not.match(github.out, /add-mask/);
    }),
  60_000,
);

test(
  'in a job of GitHub Actions: masks first, the summary added to, paths from the root of the repository',
  () =>
    withFleet(['a'], async (fleet) => {
      writeRunbook(fleet.dir, BOOK.replace(', secret: true', ''));
      const summary = join(fleet.dir, 'summary.md');
      writeFileSync(summary, 'before\n');
      const job = { GITHUB_ACTIONS: 'true', GITHUB_STEP_SUMMARY: summary, GITHUB_WORKSPACE: fleet.dir };
      const { out, err, code } = await cli(fleet, ['-C', '--format', 'github'], job);
      assert.is(code, 0, err);
      assert.is(out.split('\n')[0], `::add-mask::${CANARY.replace('%', '%25')}`);
      assert.is(out.split('5up3r').length, 2, 'it stands in the mask alone');
      assert.match(out, /^::notice file=runbooks\/book\.yaml,line=/m);
      assert.match(readFileSync(summary, 'utf8'), /^before\n## Dry run of `Book`\n/);
      const other = await cli(fleet, ['-C', '--format', 'markdown'], job);
      assert.not.match(`${other.out}${other.err}`, /5up3r|add-mask/);
    }),
  30_000,
);

test(
  'a run that is refused says so in each format, also where its flags are wrong',
  () =>
    withFleet(['a'], async (fleet) => {
      writeRunbook(fleet.dir, BOOK.replace('task: file', 'task: fiel'));
      for (const [format, words] of [
        ['markdown', /^## Refused: nothing was touched\n[\s\S]*no task "fiel"/],
        ['github', /^::error file=\S*book\.yaml,line=6,col=\d+,title=unknown-task::no task "fiel"/m],
        ['sarif', /"ruleId": "unknown-task"/],
        ['junit', /<testsuites name="refused" tests="\d" failures="0" errors="\d">/],
        ['json', /^\{"kind":"invalid"/],
      ] as const) {
        const { code, out, err } = await cli(fleet, ['--format', format]);
        assert.is(code, 1);
        assert.match(out, words);
        assert.match(err, /no task "fiel"/);
      }
      const flag = await cli(fleet, ['--format', 'junit', '--no-such-flag']);
      assert.is(flag.code, 1);
      assert.match(
        checkJunit(flag.out).children[0]?.children[0]?.children[0]?.text ?? '',
        /no flag --no-such-flag/,
      );
      const two = await cli(fleet, ['--format', 'junit', '--json']);
      assert.match(two.err, /--json and --format junit are two formats/);
      const none = await cli(fleet, ['--format', 'markdwon']);
      assert.match(none.err, /--format is text, json, .* not "markdwon"\n→ did you mean "markdown"\?/);
      assert.is(none.out, '');
    }),
  60_000,
);

test('paths from the root of the repository; what lies outside stays', () => {
  const at = (env: Readonly<Record<string, string>>, cwd: string) => locator({ cwd, env });
  assert.is(at({ GITHUB_WORKSPACE: '/w' }, '/w/sub')('runbooks/a.yaml'), 'sub/runbooks/a.yaml');
  assert.is(at({ GITHUB_WORKSPACE: '/w' }, '/w/sub')('/w/a.yaml'), 'a.yaml');
  assert.is(at({ CI_PROJECT_DIR: '/w' }, '/w/sub')('../b.yaml'), 'b.yaml');
  assert.is(at({ GITHUB_WORKSPACE: '/w' }, '/w')('/etc/x.yaml'), '/etc/x.yaml');
  assert.is(at({}, join(repository, 'docs'))('a.yaml'), 'docs/a.yaml');
});

test('a summary that is nearly full gets what fits, and a full one nothing', () => {
  const folder = mkdtempSync(join(tmpdir(), 'tightbeam-summary-'));
  const path = join(folder, 'summary.md');
  const report: RunReport = {
    runbook: 'Book',
    version: '1',
    dryRun: true,
    hosts: [],
    work: [],
    failures: [],
    refusals: [],
    unreachable: [],
    locked: [],
    warnings: Array.from({ length: 2000 }, (_, at) => ({
      event: `warning ${at} ${'x'.repeat(60)}`,
      hosts: [],
    })),
    problems: [],
    result: 'ok',
  };
  try {
    assert.is(summaryWriter({}), undefined);
    const write = summaryWriter({ GITHUB_STEP_SUMMARY: path });
    for (const size of [0, 1024 * 1024 - 20_000, 1024 * 1024 - 100]) {
      writeFileSync(path, ' '.repeat(size));
      write?.(report);
      const now = readFileSync(path).length;
      assert.ok(now <= 1024 * 1024, `${now} bytes`);
      assert.is(now > size, size < 1024 * 1024 - 100);
    }
    assert.ok(existsSync(path));
  } finally {
    rmSync(folder, { recursive: true });
  }
});
