/** `connection: local`: the same command on the control machine itself, in a scratch folder, without any sshd. */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { exec } from '../../../lib/lab/exec.ts';
import { copyBundle, type Finished, type Running, startRun } from '../../fixture/lab-run.ts';
import { assert, suite } from '../../suite.ts';

const test = suite('local connection');
const root = mkdtempSync(join(tmpdir(), 'tightbeam-local-'));
const site = join(root, 'site');
const world = { cli: '' };

test.before(async () => {
  world.cli = await copyBundle(join(root, '.package'));
  writeFileSync(join(root, 'hosts.yaml'), 'hosts:\n  here: { connection: local }\n');
});
test.after(() => {
  rmSync(root, { recursive: true, force: true });
});

// Root's marks and journals go to /var/lib/tightbeam: not to this machine's own.
const APART = ['unshare', '-m', 'sh', '-c', 'mount -t tmpfs tmpfs /var/lib && exec "$@"', 'sh'];

function start(steps: string, ...flags: readonly string[]): Running {
  writeFileSync(join(root, 'book.yaml'), `name: Local\nhosts: all\nsteps:\n${steps}`);
  return startRun(world.cli, ['./book.yaml', './hosts.yaml', ...flags], { cwd: root, within: APART });
}

const STEPS = `  - { id: folder, task: directory, with: { path: ${site}, mode: "0750" } }
  - { id: page, task: file, with: { path: ${site}/page, content: "it's here\\n", mode: "0640" } }
  - { id: line, task: line, with: { path: ${site}/page, line: two } }
  - { id: made, task: command, with: { shell: "echo made >${site}/made", creates: ${site}/made } }
`;

test('a dry run touches nothing; the run does it; the second finds nothing', async () => {
  const page = `${STEPS.replace('page, content', 'page, seed: true, content')}`;
  const dry: Finished = await start(page, '--dry-run').done;
  assert.is(dry.code, 0, dry.out + dry.err);
  assert.not.ok(existsSync(site));
  const run = await start(page).done;
  assert.is(run.code, 0, run.out + run.err);
  assert.is(run.of('change').length, 4);
  assert.is(readFileSync(join(site, 'page'), 'utf8'), "it's here\ntwo\n");
  assert.is(statSync(join(site, 'page')).mode & 0o777, 0o640);
  assert.equal(readdirSync(site).sort(), ['made', 'page']);
  const again = await start(page).done;
  assert.equal(again.of('change'), []);
  assert.is(again.recap('here').roundTrips, 1);
}, 60_000);

test('two steps that disagree are refused with both places, and nothing is written', async () => {
  const run = await start(STEPS.replace('"it\'s here\\n"', '"other\\n"')).done;
  assert.is(run.code, 1, run.out + run.err);
  assert.match(run.err, 'book.yaml:5');
  assert.match(run.err, 'book.yaml:6');
  assert.is(readFileSync(join(site, 'page'), 'utf8'), "it's here\ntwo\n");
}, 30_000);

test('SIGINT once ends what only looks: a login that gets no answer, a query that hangs', async () => {
  const silent = createServer();
  await new Promise<void>((ready) => silent.listen(0, '127.0.0.1', ready));
  const address = silent.address();
  const port = typeof address === 'object' && address ? address.port : 0;
  writeFileSync(join(root, 'hosts.yaml'), `hosts:\n  mute: { address: 127.0.0.1, port: ${port} }\n`);
  const login = start(`  - { id: one, task: file, with: { path: ${site}/one } }\n`, '--timeout', '30');
  const came = new Promise<void>((resolve) => silent.once('connection', () => resolve()));
  await Promise.race([came, login.done]);
  await interruptOnce(login);
  silent.close();
  writeFileSync(join(root, 'hosts.yaml'), 'hosts:\n  here: { connection: local }\n');
  const query = `  - { id: long, task: command, with: { shell: "echo >${site}/asked; sleep 86441", changed: never } }\n`;
  const asks = start(query);
  for (let tries = 0; tries < 200 && !existsSync(join(site, 'asked')); tries += 1)
    await new Promise((wake) => setTimeout(wake, 50));
  await interruptOnce(asks);
  assert.is((await exec('pgrep', ['-f', '[s]leep 86441'])).out, '');
}, 60_000);

async function interruptOnce(run: Running): Promise<void> {
  run.child.kill('SIGINT');
  const since = performance.now();
  const done = await run.done;
  assert.is(done.code, 130, done.out + done.err);
  assert.ok(performance.now() - since < 3500, `${performance.now() - since} ms`);
}

test('SIGINT twice ends what runs here too', async () => {
  const run = start(
    `  - { id: long, task: command, with: { shell: "echo begun >${site}/begun; sleep 86431" } }\n`,
  );
  for (let tries = 0; tries < 200 && !existsSync(join(site, 'begun')); tries += 1)
    await new Promise((wake) => setTimeout(wake, 50));
  run.child.kill('SIGINT');
  await new Promise((wake) => setTimeout(wake, 300));
  run.child.kill('SIGINT');
  const since = performance.now();
  const done = await run.done;
  assert.is(done.code, 130, done.out + done.err);
  assert.ok(performance.now() - since < 3500);
  assert.is((await exec('pgrep', ['-f', '[s]leep 86431'])).out, '');
}, 30_000);
