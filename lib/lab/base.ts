/** The base system of all lab hosts: Debian by debootstrap, made once and kept in the cache. */
import { cpSync, existsSync, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { sha256, toBytes } from '../base/bytes.ts';
import { must } from './exec.ts';
import { withLock } from './lock.ts';
import { aptSettings, labSources, RELEASE, readSources, type Source, sourcesList } from './mirror.ts';
import { unmountUnder } from './mount.ts';

const PACKAGES = [
  'systemd',
  'systemd-sysv',
  'dbus',
  'openssh-server',
  'iproute2',
  'iputils-ping',
  'procps',
  'kmod',
  'sudo',
  'ca-certificates',
];

// Timers that take apt's lock or write files at times of their own would make every test a matter of luck; there
// is no console to log in on; and a first boot must not ask for a locale or a time zone.
const MASKED = [
  'apt-daily.timer',
  'apt-daily-upgrade.timer',
  'dpkg-db-backup.timer',
  'console-getty.service',
  'systemd-firstboot.service',
];

/** Lab-only accounts beside root, all with the lab's key: `admin` (sudo asks for `lab`), `ops` (sudo asks nothing). */
const ACCOUNTS = `
useradd --create-home --shell /bin/bash --uid 1000 --groups sudo admin &&
useradd --create-home --shell /bin/bash --uid 1001 ops &&
echo admin:lab | chpasswd &&
echo 'ops ALL=(ALL:ALL) NOPASSWD: ALL' >/etc/sudoers.d/ops && chmod 0440 /etc/sudoers.d/ops`;

// Processes and mounts of its own, which end with us: were we killed, it would go on writing while the next build
// removes what it wrote, and leave its /proc mounted in there.
export const APART = ['--pdeathsig', 'KILL', 'unshare', '--mount-proc', '--pid', '--fork', '--kill-child'];

const MACHINE_CERTIFICATES = '/usr/local/share/ca-certificates';

/** Path of the base's file tree, built now when the cache does not hold it (about a minute, 230 MB). */
export async function ensureBase(cacheDir: string, log: (line: string) => void): Promise<string> {
  mkdirSync(cacheDir, { recursive: true, mode: 0o755 });
  const sources = labSources(readSources('/etc/apt'));
  const settings = await aptSettings();
  const recipe = JSON.stringify([PACKAGES, MASKED, ACCOUNTS, sources, settings, 2]);
  const base = join(cacheDir, `base-${RELEASE}-${sha256(toBytes(recipe)).slice(0, 8)}`);
  if (existsSync(base)) return base;
  return await withLock(join(cacheDir, 'base.lock'), log, async () => {
    if (!existsSync(base)) await build(base, sources, settings, log);
    return base;
  });
}

async function build(
  base: string,
  sources: readonly Source[],
  settings: string,
  log: (line: string) => void,
): Promise<void> {
  const [main] = sources;
  if (!main) throw new TypeError('no mirror');
  log(`building the base system once from ${main.uri} (about a minute; kept in ${base})`);
  const part = `${base}.part`;
  await unmountUnder(part);
  rmSync(part, { recursive: true, force: true, maxRetries: 5 });
  const checks = main.trusted ? ['--no-check-gpg'] : [];
  const include = `--include=${PACKAGES.join(',')}`;
  await must('setpriv', [
    ...APART,
    'debootstrap',
    '--variant=minbase',
    include,
    ...checks,
    RELEASE,
    part,
    main.uri,
  ]);
  writeFileSync(join(part, 'etc/apt/sources.list'), sourcesList(sources));
  if (settings !== '') writeFileSync(join(part, 'etc/apt/apt.conf.d/90machine'), settings);
  await trustCertificates(part, sources);
  writeFileSync(join(part, 'etc/default/locale'), 'LANG=C.UTF-8\n');
  await must('chroot', [part, '/bin/sh', '-c', ACCOUNTS]);
  await must('chroot', [part, 'systemctl', '--quiet', 'mask', ...MASKED]);
  forgetIdentity(part);
  renameSync(part, base);
}

/** A mirror behind https may be signed by an authority that only this machine knows. */
async function trustCertificates(part: string, sources: readonly Source[]): Promise<void> {
  if (!sources.some((one) => one.uri.startsWith('https:')) || !existsSync(MACHINE_CERTIFICATES)) return;
  cpSync(MACHINE_CERTIFICATES, join(part, MACHINE_CERTIFICATES), { recursive: true });
  await must('chroot', [part, 'update-ca-certificates']);
}

/** What each host must have of its own, and what a bare machine does not have: keys, ids, package lists. */
function forgetIdentity(part: string): void {
  const gone = [
    'etc/machine-id',
    'var/lib/dbus/machine-id',
    'etc/hostname',
    'etc/resolv.conf',
    'var/log/bootstrap.log',
  ];
  for (const path of gone) rmSync(join(part, path), { force: true });
  for (const [folder, pattern] of [
    ['etc/ssh', /^ssh_host_/],
    ['var/lib/apt/lists', /./],
    ['var/cache/apt/archives', /\.deb$/],
    ['var/cache/apt', /\.bin$/],
  ] as const) {
    for (const name of readdirSync(join(part, folder))) {
      if (pattern.test(name)) rmSync(join(part, folder, name), { recursive: true, force: true });
    }
  }
}
