/** The key of plans: whatever its file holds, one key for the signature and one for prints are made from its bytes. */
import { createHash, createHmac, hkdfSync, randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { RunError } from '../base/error.ts';
import type { ProblemCode } from '../base/problem-code.ts';
import { createSeal } from '../engine/review/seal.ts';
import type { Seal } from '../model/review.ts';

export interface PlanKey {
  /** Says which key it is, and nothing of it. */
  readonly id: string;
  readonly seal: Seal;
  /** HMAC-SHA256 in base64url. */
  sign(text: string): string;
}

const LEAST_BYTES = 32;
const PUBLIC =
  /^(?:(?:ssh|ecdsa|sk)-\S+ [A-Za-z0-9+/]|-----BEGIN (?:[A-Z]+ )?PUBLIC KEY|---- BEGIN SSH2 PUBLIC|-----BEGIN CERTIFICATE)/;

export function planKey(material: Buffer): PlanKey {
  const part = (use: string): Buffer =>
    Buffer.from(hkdfSync('sha256', material, '', `tightbeam plan v1 ${use}`, 32));
  const sign = (key: Buffer, text: string): string =>
    createHmac('sha256', key).update(text).digest('base64url');
  const signing = part('signature');
  return {
    id: sign(part('id'), 'which key this is').slice(0, 16),
    seal: createSeal(part('prints')),
    sign: (text) => sign(signing, text),
  };
}

/** Where the key of a project lies when nobody says another. */
export function keyFile(root: string): string {
  return join(root, '.run', 'plan.key');
}

/** Throws RunError `invalid` where the file cannot be read, is a public key, open to others, or too short. */
export function readKeyFile(path: string): PlanKey {
  let bytes: Buffer;
  try {
    if ((statSync(path).mode & 0o077) !== 0)
      throw fault('plan-key', `others may read the key of plans ${path}`, `chmod 600 ${path}`);
    bytes = readFileSync(path);
  } catch (error) {
    if (error instanceof RunError) throw error;
    const why = (error as NodeJS.ErrnoException).code ?? String(error);
    throw fault('plan-key', `the key of plans ${path} cannot be read: ${why}`, 'name a file that is there');
  }
  return keyFrom(bytes, path);
}

/** `text`: the path of a file, or the key itself. Of RUN_PLAN_KEY. Throws like {@link readKeyFile}. */
export function readKeyText(text: string): PlanKey {
  const path = !text.includes('\n') && statSync(text, { throwIfNoEntry: false })?.isFile();
  if (path) return readKeyFile(text);
  if (/^[./~]/.test(text) && !text.includes('\n'))
    throw fault(
      'plan-key',
      `RUN_PLAN_KEY names ${text}, and there is no such file`,
      'name the file of the key, or put the key into the variable',
    );
  return keyFrom(Buffer.from(text), 'RUN_PLAN_KEY');
}

/** The bytes without white space at their end, which variables lose. */
function keyFrom(bytes: Buffer, name: string): PlanKey {
  const text = bytes.toString('latin1').replaceAll('\r\n', '\n').trimEnd();
  if (PUBLIC.test(text))
    throw fault(
      'plan-key',
      `${name} is a public key, which anybody may have`,
      'name the private key beside it, or leave --plan-key out',
    );
  if (text.length < LEAST_BYTES)
    throw fault(
      'plan-key',
      `${name} has ${text.length} bytes: too few for a key`,
      `a key has ${LEAST_BYTES} bytes at least: openssl rand -base64 32`,
    );
  return planKey(createHash('sha512').update(text, 'latin1').digest());
}

/** False where there is one. For its owner's eyes only; `.run/` ignores itself in git. Throws RunError `invalid`. */
export function makeKey(root: string): boolean {
  const path = keyFile(root);
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    ignore(dirname(path));
    writeFileSync(path, `${randomBytes(LEAST_BYTES).toString('base64')}\n`, { mode: 0o600, flag: 'wx' });
    return true;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST') return false;
    throw fault(
      'plan-key',
      `the key of plans ${path} cannot be written: ${code ?? String(error)}`,
      'name one with --plan-key',
    );
  }
}

function ignore(folder: string): void {
  try {
    writeFileSync(join(folder, '.gitignore'), '*\n', { flag: 'wx' });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
}

function fault(code: ProblemCode, message: string, hint: string): RunError {
  return new RunError('invalid', message, { hint, problems: [{ code, message, hint }] });
}
