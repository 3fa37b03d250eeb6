/** The way back of a table of nftables, and whether a change of one can cut a connection. */
import { sh } from '../../base/sh.ts';
import type { Back, Cut } from '../../model/resource.ts';

export interface TableName {
  readonly family: string;
  readonly name: string;
}

/** One transaction: whatever the table held goes as the new one comes. */
export function replacing({ family, name }: TableName, text: string): string {
  return `table ${family} ${name}\ndelete table ${family} ${name}\n${text}\n`;
}

/** `text`: the table as nft printed it; undefined: there was none. Without nft there is none. */
export function nftBack(table: TableName, text: string | undefined): Back {
  return {
    restore: sh`command -v nft >/dev/null 2>&1 || ${text === undefined ? sh`exit 0` : sh`{ echo "nft is not there" >&2; exit 1; }`}
printf '%s\\n' ${replacing(table, text ?? '')} | nft -f -`,
  };
}

/** Words by which a rule, or a chain's policy, keeps packets from where they would go. */
const STOPS = /\b(drop|reject|queue|dnat|redirect|tproxy|synproxy|fwd|return)\b/;
/** Those whose going may leave a way in behind. */
const LEADS = /\b(dnat|redirect|tproxy|synproxy)\b/;

/** A table that only lets in, counts or changes the MSS cuts nobody off, nor does the end of one that only dropped. */
export function nftCuts(before: string, after: string): { readonly cuts?: Cut } {
  return STOPS.test(after) || LEADS.test(before) ? { cuts: 'firewall' } : {};
}
