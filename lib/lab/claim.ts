/** Which lab has which name and subnet on this machine, so that labs of two checkouts never collide. */
import { existsSync, mkdirSync, readdirSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { sha256, toBytes } from '../base/bytes.ts';
import { RunError } from '../base/error.ts';
import { type Driver, diskFolder, type Lab } from './lab.ts';
import { withLock } from './lock.ts';
import { writeWhole } from './write.ts';

/** On a tmpfs on purpose: namespaces and links, which it speaks for, end with the machine's boot too. */
export const CLAIMS = '/run/tightbeam-lab';

const SUBNETS = 512;

/** All labs known on this machine, those whose project is gone included. */
export function listClaims(): readonly Lab[] {
  if (!existsSync(CLAIMS)) return [];
  return readdirSync(CLAIMS)
    .filter((name) => name.endsWith('.json'))
    .map((name) => labOf(join(CLAIMS, name)));
}

function labOf(file: string): Lab {
  const lab = JSON.parse(readFileSync(file, 'utf8')) as Omit<Lab, 'driver'> & Partial<Lab>;
  // A lab from before there were drivers has containers.
  return { ...lab, driver: lab.driver ?? 'container' };
}

/** The lab of a project root: the one it has, or a new name and subnet that nobody on this machine uses. */
export async function claimLab(
  root: string,
  cacheDir: string,
  driver: Driver,
  log: (line: string) => void,
): Promise<Lab> {
  const place = realpathSync(root);
  return await withLock(join(CLAIMS, 'lock'), log, async () => {
    const found = findLab(place, cacheDir);
    const lab = found ?? newLab(place, cacheDir, driver);
    mkdirSync(diskFolder(lab), { recursive: true });
    const text = JSON.stringify(lab);
    writeWhole(join(CLAIMS, `${lab.id}.json`), text);
    writeWhole(join(diskFolder(lab), 'lab.json'), text);
    return lab;
  });
}

/** The lab that a project root has, running or left behind; undefined when it has none. */
export function findLab(root: string, cacheDir: string): Lab | undefined {
  const place = existsSync(root) ? realpathSync(root) : root;
  const claimed = listClaims().find((lab) => lab.root === place);
  return claimed ?? listDisks(cacheDir).find((lab) => lab.root === place);
}

/** Labs that have disks in this cache: they outlive a boot of the machine. */
export function listDisks(cacheDir: string): readonly Lab[] {
  const folder = join(cacheDir, 'labs');
  if (!existsSync(folder)) return [];
  return readdirSync(folder).flatMap((id) => {
    const file = join(folder, id, 'lab.json');
    return existsSync(file) ? [labOf(file)] : [];
  });
}

/** Forgets the claim. Call it last: a claim says that something may be left. */
export function dropClaim(lab: Lab): void {
  rmSync(join(CLAIMS, `${lab.id}.json`), { force: true });
}

function newLab(root: string, cacheDir: string, driver: Driver): Lab {
  const others = [...listClaims(), ...listDisks(cacheDir)];
  const hash = sha256(toBytes(root));
  const ids = Array.from({ length: 15 }, (_, index) => `tb${hash.slice(index * 4, index * 4 + 4)}`);
  const id = ids.find((candidate) => !others.some((lab) => lab.id === candidate));
  const first = Number.parseInt(hash.slice(0, 8), 16) % SUBNETS;
  const nets = Array.from({ length: SUBNETS }, (_, index) => {
    const number = (first + index) % SUBNETS;
    return `198.${18 + (number >> 8)}.${number & 255}`;
  });
  const net = nets.find((candidate) => !others.some((lab) => lab.net === candidate));
  if (id === undefined || net === undefined) {
    throw new RunError('failed', 'lab: too many labs on this machine', {
      hint: 'take some down: run lab down',
    });
  }
  return { id, root, cacheDir, net, driver };
}
