/** Lints of Proxmox: each has a runbook that triggers it, with code, line and column, and one that does not. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RunError } from '../../lib/base/error.ts';
import type { Problem } from '../../lib/base/problem.ts';
import { PROBLEM_CODES } from '../../lib/base/problem-code.ts';
import { builtinTasks } from '../../lib/cli/builtin.ts';
import { loadProject } from '../../lib/load/project.ts';
import { createReport } from '../../lib/load/source/report.ts';
import { PVE_KNOWLEDGE } from '../../lib/resources/pve-lint/pve-knowledge.ts';
import { assert, suite } from '../suite.ts';
import { fixtures, inputFor } from './world.ts';

const test = suite('lints of Proxmox');
const base = join(fixtures, 'sites');
const folder = join(fixtures, '..', 'lint');
const scratch = mkdtempSync(join(tmpdir(), 'tightbeam-lint-'));

test.after(() => rmSync(scratch, { recursive: true, force: true }));

/** Errors, and warnings behind them. */
async function problemsOf(text: string): Promise<readonly Problem[]> {
  const path = join(scratch, 'book.yaml');
  writeFileSync(path, text);
  const report = createReport();
  const input = { project: base, runbook: path, builtinTasks: builtinTasks().tasks };
  try {
    await loadProject(inputFor(base, input), report);
  } catch (error) {
    if (error instanceof RunError && error.code === 'invalid')
      return [...error.problems, ...report.warnings()];
    throw error;
  }
  return report.warnings();
}

function shown({ code, place, severity }: Problem): string {
  return `${severity ? 'warning ' : ''}${code} ${place ? `${place.line}:${place.col}` : '-'}`;
}

interface Book {
  readonly file: string;
  readonly name: string;
  readonly text: string;
  /** `pve-bfd 3:4`, `warning pve-bfd 3:4`. */
  readonly faults: readonly string[];
}

/** Runbooks of a file, parted by `---`: a first line that says what it is, then `#! code line:col` for each fault. */
const books: readonly Book[] = readdirSync(folder)
  .sort()
  .flatMap((file) =>
    readFileSync(join(folder, file), 'utf8')
      .split(/^---\n/m)
      .map((text) => ({
        file: file.replace(/\.case$/, ''),
        name: text.split('\n')[0]?.replace(/^# /, '') ?? '',
        text,
        faults: text.split('\n').flatMap((line) => (line.startsWith('#! ') ? [line.slice(3)] : [])),
      })),
  );

for (const { file, name, text, faults } of books) {
  test(`${file}: ${name}`, async () => {
    const problems = await problemsOf(text);
    assert.equal(problems.map(shown), faults, problems.map(({ message }) => message).join('\n'));
    for (const { code, message, hint, excerpt } of problems) {
      if (!code.startsWith('pve-')) continue;
      const { reason, source } = PVE_KNOWLEDGE[code as keyof typeof PVE_KNOWLEDGE];
      assert.ok(message.includes(`: ${reason} (${source})`), message);
      assert.type(hint, 'string');
      assert.type(excerpt, 'string');
    }
  });
}

test('each lint has a runbook that triggers it and one that does not', () => {
  for (const code of Object.keys(PROBLEM_CODES).filter((each) => each.startsWith('pve-'))) {
    const own = books.filter(({ file }) => file === code);
    assert.ok(
      own.some(({ faults }) => faults.some((fault) => fault.includes(`${code} `))),
      `${code} is triggered`,
    );
    assert.ok(
      own.some(({ faults }) => faults.length === 0),
      `${code} has one that is right`,
    );
  }
});
