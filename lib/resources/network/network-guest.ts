/** A probe that runs inside a guest of Proxmox: a VM is asked by its agent, a container directly. */
import { quoteBytes, type Sh, sh } from '../../base/sh.ts';

/** Seconds that a probe may take beyond the time that it goes on trying. */
const MORE = 20;

/**
 * `qm` gives what the guest says as JSON, `pct` as it is. The guest has no folder of ours, so both files of a probe come by
 * its output. The agent waits as long as it is told to, and without an end to that for ever.
 */
export function guestText(id: number, body: Sh, wait: number): Sh {
  const script = sh`tb_d=$(mktemp -d) || exit 1
tb_o=$tb_d/probe
( ${body}
) </dev/null >/dev/null 2>&1
cat "$tb_o" 2>/dev/null
[ ! -f "$tb_o.page" ] || { echo; echo '@page'; cat "$tb_o.page"; }
rm -rf "$tb_d"`;
  const inside = sh`sh -c ${quoteBytes(script.text)}`;
  const most = Math.ceil(wait) + MORE;
  return sh`if [ -e /etc/pve/local/lxc/${id}.conf ]; then timeout ${most} pct exec ${id} -- ${inside} >"$tb_o.said" 2>"$tb_o.error"
else timeout ${most + 5} qm guest exec ${id} --timeout ${most} -- ${inside} >"$tb_o.json" 2>"$tb_o.error"; fi`;
}

export interface GuestAnswer {
  readonly text: string;
  readonly page: string;
  /** Why the guest said nothing. */
  readonly unheard?: string;
}

/** What came of it, from the files that `name` begins; undefined where no guest was asked. */
export function guestAnswer(files: ReadonlyMap<string, string>, name: string): GuestAnswer | undefined {
  const error = files.get(`${name}.error`);
  if (error === undefined) return undefined;
  const json = files.get(`${name}.json`);
  const said = json === undefined ? (files.get(`${name}.said`) ?? '') : outData(json);
  const why = error.trim().split('\n').at(-1) ?? '';
  if (said === undefined || said === '')
    return { text: '', page: '', unheard: why === '' ? 'it did not answer in time' : why };
  const [text = '', ...page] = said.split('\n@page\n');
  return { text: `${text}\n`, page: page.join('\n@page\n') };
}

/** Undefined where the command has not come to its end. */
function outData(json: string): string | undefined {
  try {
    const parsed = JSON.parse(json) as { readonly 'out-data'?: unknown; readonly exited?: unknown };
    if (!parsed.exited) return undefined;
    return typeof parsed['out-data'] === 'string' ? parsed['out-data'] : '';
  } catch {
    return undefined;
  }
}
