/**
 * `npm run demo`: the whole story on real hosts, told as it goes and checked as it goes: every figure that the text
 * claims is read from the run's own recap, and the demo ends with status 1 when one of them is not so.
 */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(fileURLToPath(import.meta.url));
const INVENTORY = 'inventory/lab';
const bold = (text) => (process.stdout.isTTY ? `\u001b[1m${text}\u001b[0m` : text);
const told = [];

function tell(text) {
  console.log(`\n${bold(`# ${text}`)}`);
}

/** Runs a command before the user's eyes and gives its exit status. */
function show(command, args) {
  const shown = args.includes('--events') ? args.slice(0, args.indexOf('--events')) : args;
  console.log(`$ ${[command, ...shown].join(' ')}`);
  return new Promise((resolve) => {
    const child = spawn(command === 'run' ? join(root, 'run') : command, args, {
      cwd: root,
      stdio: ['ignore', 'inherit', 'inherit'],
    });
    child.on('close', (code) => resolve(code));
  });
}

const provision = (...flags) => runbook('provision', ...flags);
const verify = () => runbook('verify');

/** A run of a runbook and its recap, read from its events, for checking what the text says. */
async function runbook(name, ...flags) {
  const events = join(mkdtempSync(join(tmpdir(), 'tightbeam-demo-')), 'events');
  const code = await show('run', [name, INVENTORY, ...flags, '--events', events]);
  const lines = readFileSync(events, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  rmSync(dirname(events), { recursive: true });
  return {
    code,
    recap: lines.at(-1),
    changes: lines.filter(({ kind }) => kind === 'change'),
    later: lines.filter(({ kind }) => kind === 'later'),
    failures: lines.flatMap(({ failure }) => failure?.message ?? []),
  };
}

function check(claim, holds) {
  told.push({ claim, holds });
  console.log(`${holds ? '✓' : '✗'} ${claim}`);
  if (!holds) process.exitCode = 1;
}

const sum = (recap, field) => Object.values(recap.hosts).reduce((total, host) => total + host[field], 0);
const trips = (recap) => Math.max(...Object.values(recap.hosts).map(({ roundTrips }) => roundTrips));

/**
 * Whether a run did what its dry run had said: all that was named as certain, in that order, on each host; the rest
 * only in steps of which the dry run had said that something rests on a package not installed yet.
 */
function asForetold(dry, real) {
  return Object.keys(real.recap.hosts).every((host) => {
    const here = (run) => run.changes.filter((change) => change.host === host);
    const open = new Set([
      ...dry.later.filter((later) => later.host === host).map(({ step }) => step),
      ...here(dry).flatMap(({ step, mayDiffer }) => (mayDiffer ? [step] : [])),
    ]);
    const certain = (run) =>
      here(run)
        .filter(({ step }) => !open.has(step))
        .map(({ step, key, action, diff }) => JSON.stringify({ step, key, action, diff }));
    return certain(dry).join() === certain(real).join() && certain(dry).length > 0;
  });
}

/** A command on a lab host by plain ssh: what somebody does by hand. */
async function byHand(host, command) {
  const { hosts } = JSON.parse(
    `{"hosts":${spawnSync(join(root, 'run'), ['lab', 'status', '--json'], { cwd: root }).stdout}}`,
  );
  const { address } = hosts.find(({ name }) => name === host);
  const key = join(root, INVENTORY, 'id_ed25519');
  const known = join(root, INVENTORY, 'known_hosts');
  console.log(`${host}# ${command}`);
  spawnSync(
    'ssh',
    ['-i', key, '-o', `UserKnownHostsFile=${known}`, '-o', 'IdentitiesOnly=yes', `root@${address}`, command],
    { stdio: 'inherit' },
  );
}

async function lab() {
  tell(
    'Two real Debian hosts on this machine: systemd, sshd, apt. The first time, their base system is built (a minute).',
  );
  if ((await show('run', ['lab', 'up'])) !== 0) throw new Error('the lab did not come up');
  tell(
    'The runbook joins two sites: WireGuard between them, BGP on it, an EVPN overlay, a firewall. What would it change? Nothing is touched.',
  );
  const dry = await provision('--dry-run');
  check('the dry run on bare hosts ends without an error', dry.code === 0);
  tell('Now for real. What apt does takes a moment; everything else of a host travels in few scripts.');
  const first = await provision();
  check('the run ends with exit 0', first.code === 0);
  check(
    'what the dry run had named as certain was done, in that order; the rest only where it had said so',
    asForetold(dry, first),
  );
  tell('Does the fabric carry packets? Checks look at each layer, and say what they saw.');
  check('every check is green', (await verify()).code === 0);
  tell('The same run again: nothing to do.');
  const second = await provision();
  check('nothing was changed', second.code === 0 && sum(second.recap, 'changed') === 0);
  check(
    'at most two round trips per host (they wait for each other\u2019s public keys)',
    trips(second.recap) <= 2,
  );
  tell('One host alone. wro needs the public key of roz, so roz is read, and not written.');
  const one = await provision('--limit', 'wro');
  check('roz was only read', one.code === 0 && one.recap.hosts.roz?.readOnly === true);
  await drift();
  tell('A true reboot of both: fresh network namespaces, every running value gone.');
  await show('run', ['lab', 'reboot', 'roz']);
  await show('run', ['lab', 'reboot', 'wro']);
  // sshd answers before the last units have started.
  for (const host of ['roz', 'wro']) await byHand(host, 'systemctl is-system-running --wait');
  check('the fabric is up again by itself', (await verify()).code === 0);
  const after = await provision('--dry-run', '--detailed-exitcode');
  check('and a dry run finds nothing to change', after.code === 0);
}

async function drift() {
  tell('Somebody works on wro by hand. Every file stays right; what runs does not.');
  await byHand('wro', 'sysctl -q -w net.ipv4.ip_forward=0');
  await byHand('wro', 'wg set wg0 peer "$(wg show wg0 peers)" remove');
  await byHand('wro', "vtysh -c 'configure' -c 'ip prefix-list by_hand seq 5 permit any'");
  const red = await verify();
  check(
    'verify turns red, and says why',
    red.code === 2 && red.failures.some((text) => /forward/.test(text)),
  );
  const found = await provision('--dry-run', '--detailed-exitcode');
  check(
    'the dry run finds all three, on wro alone (exit 2: changes pending)',
    found.code === 2 && found.recap.hosts.roz.changed === 0 && found.recap.hosts.wro.changed === 3,
  );
  const mended = await provision();
  check('the run puts them right', mended.code === 0 && mended.recap.hosts.wro.changed === 3);
  check('and every check is green again', (await verify()).code === 0);
}

/** Where real hosts cannot be had: a smaller story on this machine, in a folder of its own. */
async function local(why) {
  tell(`No lab here: ${why}. A smaller runbook on this machine instead, in a scratch folder.`);
  const folder = mkdtempSync(join(tmpdir(), 'tightbeam-demo-'));
  writeFileSync(join(folder, 'hosts.yaml'), 'hosts:\n  here: { connection: local }\n');
  writeFileSync(
    join(folder, 'scratch.yaml'),
    `name: Scratch\nhosts: all\nsteps:\n  - id: folder\n    task: directory\n    with: { path: ${folder}/site }\n  - id: page\n    task: file\n    with: { path: ${folder}/site/index.html, content: "hello\\n" }\n`,
  );
  const args = [join(folder, 'scratch.yaml'), join(folder, 'hosts.yaml')];
  check(
    'a dry run touches nothing',
    (await show('run', [...args, '--dry-run'])) === 0 && !existsSync(join(folder, 'site')),
  );
  check(
    'the run writes the file',
    (await show('run', args)) === 0 && existsSync(join(folder, 'site/index.html')),
  );
  check(
    'a second dry run finds nothing',
    (await show('run', [...args, '--dry-run', '--detailed-exitcode'])) === 0,
  );
  rmSync(folder, { recursive: true });
  tell(
    'Not shown here: logging in to hosts, packages, services, kernel parameters, outputs across hosts, a reboot.',
  );
}

const linuxRoot = process.platform === 'linux' && process.getuid?.() === 0;
if (!linuxRoot) {
  await local(process.platform === 'linux' ? 'that needs root' : 'that needs Linux');
} else if (
  spawnSync(join(root, 'run'), ['lab', 'status', '--json'], { cwd: root }).stdout.toString().trim() !== '[]'
) {
  console.error('a lab is up in this checkout; the demo wants bare hosts: ./run lab down');
  process.exitCode = 1;
} else {
  try {
    await lab();
  } finally {
    tell('Everything is taken down again.');
    await show('run', ['lab', 'down']);
  }
}
const failed = told.filter(({ holds }) => !holds);
console.log(
  failed.length > 0
    ? `\n${failed.length} of ${told.length} claims did not hold`
    : `\nAll ${told.length} claims held.`,
);
