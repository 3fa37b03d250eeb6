/** An inventory that a program prints, as YAML or JSON of the very shape that a file has. */
import { type ExecFileException, execFile } from 'node:child_process';
import { dirname } from 'node:path';
import { plain, sourceFile } from '../source/node.ts';
import { shownPath } from '../source/read.ts';
import { createReport, type Report } from '../source/report.ts';
import { INVENTORY_LIMIT_MS } from './inventory-module.ts';

export interface ProgramWorld {
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
}

const MOST_BYTES = 64 << 20;

/** What the program printed as a value; undefined when it failed (reported, with what it said on stderr). */
export async function programInventory(path: string, world: ProgramWorld, report: Report): Promise<unknown> {
  const name = shownPath(path, world.cwd);
  const at = { file: name, line: 1, col: 1 };
  const { text, why, said } = await run(path, world);
  if (why !== undefined) {
    const last = said.trim().split('\n').slice(-5).join('\n  ');
    const message = `the inventory's program failed: ${why}${last === '' ? '' : `:\n  ${last}`}`;
    report.add('inventory-program', message, at, 'it is run without arguments and prints YAML or JSON');
    return undefined;
  }
  const { parseYaml } = await import('../source/yaml.ts');
  const found = createReport();
  const node = parseYaml(sourceFile(path, name, text), found);
  for (const { code, message, place, hint } of found.problems()) {
    report.add(code, `line ${place?.line ?? 1} of what it prints: ${message}`, at, hint);
  }
  if (found.size > 0) return undefined;
  if (node) return plain(node);
  report.add('inventory-program', "the inventory's program printed nothing", at, 'it prints YAML or JSON');
  return undefined;
}

interface Outcome {
  readonly text: string;
  /** Undefined: all went well. */
  readonly why: string | undefined;
  readonly said: string;
}

function run(path: string, { env }: ProgramWorld): Promise<Outcome> {
  const options = {
    cwd: dirname(path),
    env: { ...env },
    timeout: INVENTORY_LIMIT_MS,
    killSignal: 'SIGKILL',
    maxBuffer: MOST_BYTES,
    encoding: 'utf8',
  } as const;
  return new Promise((done) => {
    const running = execFile(path, [], options, (error, text, said) => {
      done({ text, said, why: error ? reason(error) : undefined });
    });
    running.stdin?.end();
  });
}

function reason({ code, killed, signal, message }: ExecFileException): string {
  if (code === 'ERR_CHILD_PROCESS_STDIO_MAXBUFFER') return `more than ${MOST_BYTES >> 20} MiB of output`;
  if (killed) return `no end after ${INVENTORY_LIMIT_MS / 1000} s`;
  if (typeof code === 'number') return `exit ${code}`;
  return signal ? `ended by ${signal}` : message;
}
