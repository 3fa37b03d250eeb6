/** /etc/frr/frr.conf as a file: checked by vtysh before it is put in place. */
import { type Bytes, toBytes } from '../../base/bytes.ts';
import { Secret } from '../../base/secret.ts';
import { Unknown } from '../../base/unknown.ts';
import type { Resource } from '../../model/resource.ts';
import { file } from '../file/file.ts';
import type { FileHint, FileState } from '../file/file-state.ts';

export const FRR_CONFIG_FILE = '/etc/frr/frr.conf';

/** Text of FRR, a secret where it holds one, or what nobody knows yet. */
export type FrrText = Bytes | Secret | Unknown;

/** vtysh names each wrong line by its number and repeats it. */
const CHECK = 'vtysh -C -f %s';

/** What is repeated may be a password: of a secret configuration only the numbers are told. */
const QUIET_CHECK = 'vtysh -C -f %s >/dev/null 2>&1 || { vtysh -C -f %s 2>&1 | cut -s -d: -f1,2; false; }';

/** The integrated configuration of all daemons, as FRR's own package owns it. */
export function frrConfigFile(text: FrrText): Resource<FileState, FileHint> {
  return file(FRR_CONFIG_FILE, {
    content: text,
    owner: 'frr',
    group: 'frr',
    mode: '0640',
    validate: text instanceof Secret ? QUIET_CHECK : CHECK,
  });
}

/** Pieces of a configuration one after another, each ending with a line end. A secret among them makes it all one. */
export function joinFrrText(parts: readonly FrrText[]): FrrText {
  const unknown = parts.find((part) => part instanceof Unknown);
  if (unknown instanceof Unknown) return unknown;
  const secret = parts.find((part) => part instanceof Secret);
  const text = parts.map((part) => ended(plainText(part) ?? '')).join('');
  return secret instanceof Secret ? secret.derive(text) : toBytes(text);
}

/** The text of it, for checks that never show it; undefined where it is not known. */
export function plainText(text: FrrText): string | undefined {
  if (text instanceof Unknown) return undefined;
  return text instanceof Secret ? text.reveal() : Buffer.from(text, 'latin1').toString('utf8');
}

function ended(text: string): string {
  return text === '' || text.endsWith('\n') ? text : `${text}\n`;
}
