/** Runs the test files, two at a time, and prints `N passed, N failed, N skipped` last. `run.mjs fast|real|all [PATTERN]` */
import { spawn, spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ensureTools } from './tool.mjs';

const here = dirname(fileURLToPath(import.meta.url));
const root = dirname(here);
const [which = 'all', pattern = ''] = process.argv.slice(2);
const FILE_LIMIT_MS = 1_200_000;

function testFiles(folder) {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.test.ts'))
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name))
    .sort();
}

if (!ensureTools()) {
  console.log('0 passed, 1 failed, 0 skipped');
  process.exit(1);
}

const isReal = (file) => relative(here, file).startsWith('real/');
const chosen = testFiles(here).filter(
  (file) => (which === 'all' || (which === 'real') === isReal(file)) && file.includes(pattern),
);
if (chosen.length === 0) {
  console.log(`no test file matches ${which} ${pattern}\n0 passed, 1 failed, 0 skipped`);
  process.exit(1);
}

function runFile(file) {
  const started = Date.now();
  return new Promise((resolve) => {
    const child = spawn(process.execPath, ['--import', 'tsx', join(here, 'one.ts'), file], {
      cwd: root,
      env: { ...process.env, NO_COLOR: '1' },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let text = '';
    child.stdout.on('data', (chunk) => (text += chunk));
    child.stderr.on('data', (chunk) => (text += chunk));
    const timer = setTimeout(() => {
      text += `\nstill running after ${FILE_LIMIT_MS} ms\n`;
      child.kill('SIGKILL');
    }, FILE_LIMIT_MS);
    child.on('close', (code) => {
      clearTimeout(timer);
      resolve(judge(file, code, text, (Date.now() - started) / 1000));
    });
  });
}

/** uvu's own summary must agree with what was registered: a test that never ran is a failure. */
function judge(file, code, text, seconds) {
  const number = (word) =>
    [...text.matchAll(new RegExp(`^\\s*${word}:\\s+(\\d+)`, 'gm'))].reduce(
      (sum, match) => sum + Number(match[1]),
      0,
    );
  const counts = JSON.parse(/^@counts (.*)$/m.exec(text)?.[1] ?? '{"registered":0,"ran":0,"hooks":1}');
  const passed = number('Passed');
  const failed = Math.max(counts.registered - passed, code === 0 ? 0 : 1, counts.hooks);
  return {
    file: relative(root, file),
    passed: failed ? Math.max(0, counts.registered - failed) : passed,
    failed,
    text,
    seconds,
  };
}

// Built once, before tests that use the command side by side find it stale.
spawnSync(join(root, 'run'), ['--version'], { stdio: 'ignore' });

const results = [];
async function worker(queue) {
  for (let file = queue.shift(); file; file = queue.shift()) {
    const result = await runFile(file);
    results.push(result);
    console.log(
      `${result.failed ? 'FAIL' : 'ok  '} ${result.file}  ${result.passed} tests  ${result.seconds.toFixed(1)} s`,
    );
    if (result.failed) console.log(result.text.replace(/^/gm, '     '));
  }
}

// Files on real hosts need the machine to themselves. Hosts with a kernel of their own mostly wait, so they go beside the others.
const fast = chosen.filter((file) => !isReal(file));
const real = chosen.filter(isReal);
const hasKernel = (file) => /driver: 'uml'/.test(readFileSync(file, 'utf8'));
await Promise.all([worker(fast), worker(fast)]);
await Promise.all([worker(real.filter(hasKernel)), worker(real.filter((file) => !hasKernel(file)))]);

const passed = results.reduce((sum, result) => sum + result.passed, 0);
const failed = results.reduce((sum, result) => sum + result.failed, 0);
for (const result of results.filter((result) => result.failed)) console.log(`failed: ${result.file}`);
console.log(`${passed} passed, ${failed} failed, 0 skipped`);
process.exit(failed ? 1 : 0);
