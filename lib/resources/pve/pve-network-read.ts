/** What the next reload of a node's network would bring: Proxmox writes changes beside /etc/network/interfaces first. */
import type { PveState } from './pve-state.ts';

/** `value.pending` says whether anything waits; `now` and `next` are the two files where it does. */
export function stagedOf(now: string, staged: { readonly text: string; readonly sha1: string }): PveState {
  const waits = staged.sha1 !== '' && staged.text.trim() !== now.trim();
  return {
    exists: true,
    value: waits ? { pending: ['interfaces.new'], now, next: staged.text } : { pending: [] },
    digest: staged.sha1,
  };
}

/** Gateways, and the addresses of the interfaces that have one: by these the node is reached. */
export function lifelines(text: string): readonly string[] {
  const found: string[] = [];
  let stanza: { readonly name: string; readonly lines: string[] } | undefined;
  const end = (): void => {
    if (!stanza?.lines.some((line) => line.startsWith('gateway '))) return;
    for (const line of stanza.lines) found.push(`${stanza.name}: ${line}`);
  };
  for (const line of text.split('\n').map((each) => each.trim().replace(/\s+/g, ' '))) {
    const [, name] = /^iface (\S+) inet6? /.exec(line) ?? [];
    if (name !== undefined || /^(auto|allow-\S+|mapping|source(-directory)?) /.test(line)) {
      end();
      stanza = name === undefined ? undefined : { name, lines: [] };
    } else if (/^(address|gateway) /.test(line)) stanza?.lines.push(line);
  }
  end();
  return found;
}
