/** How network interfaces are read: one `ip addr` with all details for links and addresses, one `ip route`. */
import { sh } from '../../base/sh.ts';
import { keyId } from '../../model/key.ts';
import type { Kind, Reading, Ref } from '../../model/kind.ts';
import { linkForth } from './link-forth.ts';
import { jsonList, type LinkRecord, linkState, type RouteRecord } from './link-parse.ts';
import { type LinkState, linkKey, NO_LINK } from './link-state.ts';

/** Begins each part of what the snippet prints; no JSON of ip begins a line with it. */
const LINKS = '@links';
const ROUTES = '@routes';
const PLAIN = '@plain';
const END = '@end';

const TOO_OLD = 'its `ip` cannot print JSON: install the package iproute2 (that of busybox does not do)';

export const linkKind: Kind<LinkState> = {
  name: 'link',
  limitMs: 15_000,
  absent: NO_LINK,
  // Where none of the links is there yet, no routes are asked for. Without an `ip` that can do JSON a link that the
  // kernel does not list is absent all the same, so that a bare host can be planned. Numbers (-N), as names of who
  // made a route are not the same everywhere: FRR's package calls its own static ones what ip calls everybody's.
  read(wants) {
    const names = wants.map((want) => keyId(want.key));
    return sh`if tb_links=$(ip -d -j addr show 2>/dev/null) && [ -n "$tb_links" ]; then
printf '%s\\n' ${LINKS} "$tb_links"
for tb_name in ${names}; do case "$tb_links" in *'"ifname":"'"$tb_name"'"'*)
printf '%s\\n' ${ROUTES}; ip -N -j route show table all || exit $?; break ;; esac; done
else printf '%s\\n' ${PLAIN}; cat /proc/net/dev || exit $?
fi; printf '\\n%s\\n' ${END}`;
  },
  parse(out, wants) {
    const text = out.toString('utf8');
    const cut = (reason: string) => wants.map(({ key }) => ({ key, unreadable: reason }));
    if (!text.trimEnd().endsWith(END)) return cut('the list of network interfaces was cut short');
    if (text.startsWith(PLAIN)) return wants.map(({ key }) => plainReading(key, text));
    const [, head = '', tail = '[]'] =
      new RegExp(`^${LINKS}\n([^]*?)(?:\n${ROUTES}\n([^]*))?\n${END}`).exec(text) ?? [];
    const links = jsonList<LinkRecord>(head);
    const routes = jsonList<RouteRecord>(tail);
    if (!links || !routes)
      return cut('what `ip` printed is not JSON: install the package iproute2 of this system');
    const byName = new Map(links.map((link) => [link.ifname, link]));
    return wants.map(({ key }): Reading<LinkState> => {
      const link = byName.get(keyId(key));
      return { key, state: link ? linkState(link, routes) : NO_LINK };
    });
  },
  // Addresses and routes of a plain NIC come by DHCP and router advertisements, and no task sets them.
  review(state) {
    const { addresses: _, routes: __, ...lasting } = state;
    const counts = state.exists && state.type === '' ? lasting : state;
    return { counts, shown: counts };
  },
  forth: linkForth,
};

function plainReading(key: Ref['key'], text: string): Reading<LinkState> {
  const there = text.split('\n').some((line) => line.trimStart().startsWith(`${keyId(key)}:`));
  return there ? { key, unreadable: TOO_OLD } : { key, state: NO_LINK };
}

/** The network interface of that name: for `reads`, `uses` and resources of this kind. */
export function linkRef(name: string): Ref<LinkState> {
  return { kind: linkKind, key: linkKey(name) };
}

export { type LinkState, linkKey, linkName, NO_LINK } from './link-state.ts';
