/** The command in a real pseudo-terminal: frames while it works, whole lines after it, also when it is interrupted. */
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { copyBundle } from '../../fixture/lab-run.ts';
import { createScreen } from '../../fixture/screen.ts';
import { assert, suite } from '../../suite.ts';

const test = suite('in a terminal');
const folder = mkdtempSync(join(tmpdir(), 'tightbeam-terminal-'));
const world = { cli: '' };

test.before(async () => {
  world.cli = await copyBundle(join(folder, '.package'));
  mkdirSync(join(folder, 'runbooks'));
  writeFileSync(join(folder, 'hosts.yaml'), 'hosts:\n  here: { connection: local }\n');
  for (const [name, nap] of Object.entries({ wait: '1.2', long: '8651' })) {
    const step = `  - { id: nap, task: command, with: { shell: "sleep ${nap}" } }\n`;
    writeFileSync(join(folder, `runbooks/${name}.yaml`), `name: ${name}\nhosts: all\nsteps:\n${step}`);
  }
});
test.after(() => rmSync(folder, { recursive: true, force: true }));

// Root's marks and journals go to /var/lib/tightbeam: not to this machine's own.
const APART = ['-m', 'sh', '-c', 'mount -t tmpfs tmpfs /var/lib && exec "$@"', 'sh'];

interface Ended {
  readonly code: number | null;
  readonly text: string;
}

/** `script` gives the command a pseudo-terminal of 60 × 20; what is typed goes to its keyboard. */
function inTerminal(
  name: string,
  types: readonly { readonly when: string; readonly keys: string }[] = [],
): Promise<Ended> {
  const { CI, NO_COLOR, ...env } = process.env;
  const command = `stty cols 60 rows 20; exec ${process.execPath} ${world.cli} ${name} hosts.yaml`;
  const child = spawn('unshare', [...APART, 'script', '-qec', command, '/dev/null'], {
    cwd: folder,
    env: { ...env, TERM: 'xterm' },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const guard = setTimeout(() => child.kill('SIGKILL'), 25_000);
  let text = '';
  const left = [...types];
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk;
    if (left[0] && text.includes(left[0].when)) child.stdin.write(left.shift()?.keys ?? '');
  });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => {
      clearTimeout(guard);
      child.stdin.destroy();
      resolve({ code, text });
    });
  });
}

test('frames while it works; at the end whole lines alone', async () => {
  const { code, text } = await inTerminal('wait');
  assert.is(code, 0, text);
  const frames = text.match(/0 of 1 done/g)?.length ?? 0;
  assert.ok(frames >= 2 && frames <= 30, `${frames} frames`);
  assert.match(text, /here +\d s {2}writing/);
  const screen = createScreen(60);
  screen.feed(text);
  const all = screen.lines();
  // First the plan, as nobody is asked about a command; then the run.
  assert.match(all[0] ?? '', /^planning on 1 host/);
  const lines = all.slice(all.indexOf('wait on here'));
  assert.is(lines[0], 'wait on here');
  assert.not.match(lines.join('\n'), / of 1 done/);
  assert.match(lines[1] ?? '', /^here {2}! command:/);
  assert.match(lines.join('\n'), '\nRECAP\n');
}, 40_000);

test('Ctrl-C twice: the frame goes, the recap and the command to go on with stand last', async () => {
  const { code, text } = await inTerminal('long', [
    { when: 'writing', keys: '\u0003' },
    { when: 'interrupted: what runs', keys: '\u0003' },
  ]);
  assert.is(code, 130, text);
  const screen = createScreen(60);
  screen.feed(text.replaceAll('^C', ''));
  const left = screen.lines().join('\n');
  assert.not.match(left, / of 1 done/);
  assert.match(left, '\nRECAP\n');
  assert.match(left, /\nnext: run resume \d{14}/);
}, 40_000);
