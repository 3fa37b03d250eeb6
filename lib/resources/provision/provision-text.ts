/** The commands that leave a record on the host, and where records lie there. */
import { type Sh, sh } from '../../base/sh.ts';
import type { ProvisionRecord } from '../../model/provision.ts';

/** Of the runbook as a whole; a record of a part begins with it. */
export function wholeId({ id }: Pick<ProvisionRecord, 'id'>): string {
  return id.replace(/\..*$/, '');
}

/**
 * Writes the record beside its place and renames it. A run of the whole runbook takes the place of those of its parts;
 * a part says nothing new where the whole is known. Others may read it: what is looked for later may have no sudo.
 */
export function recordText(record: ProvisionRecord): Sh {
  const whole = wholeId(record);
  const part = whole !== record.id;
  const file = sh`"$tbd"/${record.id}.json`;
  const known = part ? sh`[ -e "$tbd"/${whole}.json ] || ` : sh``;
  const parts = part ? sh`` : sh` && rm -f "$tbd"/${whole}.*.json`;
  const write = sh`{ mkdir -p "$tbd" && chmod 711 "$TB_STATE" && chmod 755 "$tbd" && printf '%s\\n' ${asciiJson(record)} >"$tbn" && mv -f "$tbn" ${file}${parts} || rm -f "$tbn"; }`;
  // On one line, like all that nobody waits for.
  return sh`{ ( umask 022; tbd=$TB_STATE/provisioned; tbn=$tbd/.new.$$; ${known}${write} ); } </dev/null >/dev/null 2>&1`;
}

/** One line that any locale can carry. */
function asciiJson(value: unknown): string {
  return JSON.stringify(value).replace(
    /[^\x20-\x7e]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** Folders that may hold records: root's, this account's, and that of the account which logged in. */
export const EACH_FOLDER: Sh = sh`tbh=
case \${SUDO_USER:-\${DOAS_USER:-}} in ''|*[!A-Za-z0-9._-]*) ;; *) eval "tbh=~\${SUDO_USER:-$DOAS_USER}" ;; esac
for tbd in /var/lib/tightbeam/provisioned "$TB_STATE/provisioned" "$tbh/.local/state/tightbeam/provisioned"; do`;
