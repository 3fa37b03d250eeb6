/** What the reads of users and groups print, taken apart: tables of the account databases with a status each. */
import { bytesToText, type Printed, toBytes } from '../../base/bytes.ts';

export interface AccountSections {
  readonly passwd: readonly string[];
  readonly group: readonly string[];
  readonly shadow: readonly string[];
  /** Why a table could not be had; undefined when all were read. */
  readonly failed: string | undefined;
  /** Set where the tools of the shadow suite are not there. */
  readonly tool: 'busybox' | 'none' | undefined;
  /** True when the password table was asked for and the account may not read it. */
  readonly noShadow: boolean;
}

/** Lines `@passwd`, `@group`, `@shadow` begin a table, `@rc N` ends it; rows follow as the databases have them. */
export function accountSections(out: Printed): AccountSections {
  const tables: Record<string, string[]> = { passwd: [], group: [], shadow: [] };
  let open: string[] | undefined;
  let ended = 0;
  let begun = 0;
  let failed: string | undefined;
  let tool: 'busybox' | 'none' | undefined;
  let noShadow = false;
  for (const line of text(out).split('\n')) {
    const word = /^@([a-z]+)(?: (.*))?$/.exec(line);
    if (word?.[1] !== undefined && tables[word[1]]) {
      begun += 1;
      open = tables[word[1]];
    } else if (word?.[1] === 'rc') {
      ended += 1;
      open = undefined;
      // getent ends with 2 when one of the names is not there: an answer, not a failure.
      if (word[2] !== '0' && word[2] !== '2') failed ??= `reading ended with status ${word[2]}`;
    } else if (word?.[1] === 'tool') tool = word[2] === 'busybox' ? 'busybox' : 'none';
    else if (word?.[1] === 'noshadow') noShadow = true;
    else if (line !== '') open?.push(line);
  }
  if (begun === 0 || ended !== begun) failed ??= 'reading ended early';
  const { passwd = [], group = [], shadow = [] } = tables;
  return { passwd, group, shadow, failed, tool, noShadow };
}

/** Rows of a table with at least `fields` columns; others (NIS leftovers, comments) are passed over. */
export function tableRows(lines: readonly string[], fields: number): readonly (readonly string[])[] {
  return lines.map((line) => line.split(':')).filter((row) => row.length >= fields);
}

/** Comments may hold Latin-1 from older times: then every byte stands for itself. */
function text(out: Printed): string {
  const bytes = toBytes(out);
  return bytesToText(bytes) ?? bytes;
}
