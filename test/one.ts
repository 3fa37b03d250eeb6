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

process.on('exit', (code) => {
  const registered = registry.reduce((sum, { counts }) => sum + counts.registered, 0);
  const ran = registry.reduce((sum, { counts }) => sum + counts.ran, 0);
  const failures = registry.flatMap(({ counts }) => counts.failures);
  for (const failure of failures) console.log(failure);
  console.log(`@counts ${JSON.stringify({ registered, ran, hooks: failures.length })}`);
  if (code === 0 && (registered === 0 || ran !== registered || failures.length > 0)) process.exitCode = 1;
});
