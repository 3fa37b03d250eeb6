/** Modules for hosts under user-mode Linux: Debian's, and those that its build of this kernel leaves out. */
import { cpSync, existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { sha256, toBytes } from '../base/bytes.ts';
import { exec, must } from './exec.ts';
import { withLock } from './lock.ts';

const SHIPPED = '/usr/lib/uml/modules';

/** Debian builds nftables there for bridges alone, without the families ip, ip6 and inet, and no WireGuard. */
const SWITCHED_ON = ['NF_TABLES_INET', 'NF_TABLES_IPV4', 'NF_TABLES_IPV6'];

const ADDED = [
  'WIREGUARD',
  'NFT_NAT',
  'NFT_REJECT',
  'NFT_REJECT_INET',
  'NFT_FIB_INET',
  'NFT_FIB_IPV4',
  'NFT_FIB_IPV6',
];

/** Those, and all of Debian's whose code asks for the families. */
const BUILT = [
  'net/netfilter/nf_tables.ko',
  'net/netfilter/nft_chain_nat.ko',
  'net/netfilter/nft_nat.ko',
  'net/netfilter/nft_masq.ko',
  'net/netfilter/nft_redir.ko',
  'net/netfilter/nft_tproxy.ko',
  'net/netfilter/nf_nat.ko',
  'net/netfilter/nft_reject.ko',
  'net/netfilter/nft_reject_inet.ko',
  'net/netfilter/nft_fib.ko',
  'net/netfilter/nft_fib_inet.ko',
  'net/ipv4/netfilter/nft_reject_ipv4.ko',
  'net/ipv4/netfilter/nft_fib_ipv4.ko',
  'net/ipv6/netfilter/nft_reject_ipv6.ko',
  'net/ipv6/netfilter/nft_fib_ipv6.ko',
  'drivers/net/wireguard/wireguard.ko',
  'lib/crypto/libchacha20poly1305.ko',
  'lib/crypto/libcurve25519.ko',
  'lib/crypto/libcurve25519-generic.ko',
];

/** Folders of the source that these need, and the settings of all others: the rest is most of a gigabyte. */
const UNPACKED = [
  ...['arch/um', 'arch/x86', 'include', 'scripts', 'net', 'lib', 'kernel', 'tools', 'certs', 'crypto'],
  ...['security', 'usr', 'drivers/net/wireguard'],
];

/** Where the modules are kept; the folder to hand to the kernel is `lib/modules` in it. */
export function modulesFolder(cacheDir: string): string {
  const recipe = sha256(toBytes(JSON.stringify([SWITCHED_ON, ADDED, BUILT, 1]))).slice(0, 8);
  return join(cacheDir, `base-uml-modules-${kernelVersion()}-${recipe}`);
}

/** Builds them when the cache lacks them: a minute or two, most of it for fetching and unpacking the kernel's source. */
export async function ensureModules(cacheDir: string, log: (line: string) => void): Promise<void> {
  const folder = modulesFolder(cacheDir);
  if (existsSync(folder)) return;
  mkdirSync(cacheDir, { recursive: true, mode: 0o755 });
  await withLock(join(cacheDir, 'base-uml-modules.lock'), log, async () => {
    if (!existsSync(folder)) await build(folder, log);
  });
}

/** Whether hosts under user-mode Linux can load WireGuard. */
export function hasWireGuard(cacheDir: string): boolean {
  const modules = join(modulesFolder(cacheDir), 'lib/modules', kernelVersion());
  return existsSync(join(modules, 'updates', 'wireguard.ko'));
}

function kernelVersion(): string {
  return readdirSync(SHIPPED)[0] ?? '';
}

async function build(folder: string, log: (line: string) => void): Promise<void> {
  const version = kernelVersion();
  const modules = join(`${folder}.part`, 'lib/modules', version);
  const part = `${folder}.part`;
  rmSync(part, { recursive: true, force: true });
  cpSync(join(SHIPPED, version), modules, { recursive: true });
  const source = await sourceOf(version);
  if (source === undefined) {
    log(
      `the mirror has no source of Linux ${version}: hosts have no nftables but for bridges, and no WireGuard`,
    );
  } else {
    log(`building modules that Debian leaves out, once (a minute or two; kept in ${folder})`);
    const work = join(part, 'work');
    await compile(source, work);
    const extra = join(modules, 'updates');
    mkdirSync(extra, { recursive: true });
    for (const file of BUILT) renameSync(join(work, 'build', file), join(extra, basename(file)));
    rmSync(work, { recursive: true, force: true });
  }
  await must('depmod', ['--basedir', part, version]);
  renameSync(part, folder);
}

/** The source package of exactly this kernel, as `linux-source-6.1=6.1.176-1`. */
async function sourceOf(version: string): Promise<string | undefined> {
  const name = `linux-source-${version.split('.').slice(0, 2).join('.')}`;
  await must('apt-get', ['update', '-q']);
  const { out } = await exec('apt-cache', ['madison', name]);
  const found = out.split('\n').map((line) => line.split('|')[1]?.trim() ?? '');
  const exact = found.find((one) => one.startsWith(`${version}-`));
  return exact === undefined ? undefined : `${name}=${exact}`;
}

async function compile(source: string, work: string): Promise<void> {
  mkdirSync(work);
  const inside = (script: string, ...args: readonly string[]): Promise<string> =>
    must('sh', ['-c', `cd "$1" && shift && ${script}`, 'sh', work, ...args]);
  await inside('apt-get download -q "$1" && mv ./*.deb source.deb', source);
  await inside(
    "dpkg-deb --fsys-tarfile source.deb | tar -xO --wildcards './usr/src/*.tar.xz' >source.tar.xz && rm source.deb",
  );
  const folders = UNPACKED.map((name) => `*/${name}`);
  const globs = ['--anchored', '--wildcards', '--no-wildcards-match-slash', ...folders];
  const settings = ['--wildcards-match-slash', '*/Kconfig*', '*/Makefile*', '*/Kbuild*'];
  await inside(
    'mkdir source build && tar -xJf source.tar.xz -C source --strip-components=1 "$@" && rm source.tar.xz',
    ...globs,
    ...settings,
  );
  const switches = [...SWITCHED_ON.map((name) => `-e ${name}`), ...ADDED.map((name) => `-m ${name}`)].join(
    ' ',
  );
  await inside(
    `gzip -dc /usr/share/doc/user-mode-linux/config.gz >build/.config &&
    source/scripts/config --file build/.config ${switches}`,
  );
  const make = 'make -s -C source ARCH=um O="$PWD/build"';
  await inside(`${make} olddefconfig && ${make} -j"$(nproc)" modules_prepare`);
  // What the kernel itself has is not there to be checked against: it is found when a module is loaded.
  await inside(`${make} -j"$(nproc)" KBUILD_MODPOST_WARN=1 "$@"`, ...BUILT);
}
