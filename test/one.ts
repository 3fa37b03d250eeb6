/** Runs one test file in this process and reports its counts on the last line, for run.mjs. */
import { pathToFileURL } from 'node:url';
import { registry } from './suite.ts';

const file = process.argv[2];
if (!file) throw new Error('usage: one.ts FILE');

await import(pathToFileURL(file).href);
if (registry.length === 0) {
  console.log('no suite registered');
  process.exitCode = 1;
}
for (const { run } of registry) run();

/** What a failed test left open (a server, a socket) must not hold the run up once the last test has ended. */
const GRACE_MS = 30_000;
let quietSince: number | undefined;
setInterval(() => {
  const busy = registry.some(({ counts }) => counts.ended < counts.registered);
  quietSince = busy ? undefined : (quietSince ?? Date.now());
  if (quietSince === undefined || Date.now() - quietSince < GRACE_MS) return;
  console.log('something is still open after the last test; ended here');
  process.exit(process.exitCode ?? 0);
}, 500).unref();

process.on('exit', (code) => {
  const registered = registry.reduce((sum, { counts }) => sum + counts.registered, 0);
  const ran = registry.reduce((sum, { counts }) => sum + counts.ran, 0);
  const failures = registry.flatMap(({ counts }) => counts.failures);
  for (const failure of failures) console.log(failure);
  console.log(`@counts ${JSON.stringify({ registered, ran, hooks: failures.length })}`);
  if (code === 0 && (registered === 0 || ran !== registered || failures.length > 0)) process.exitCode = 1;
});
