/** The check of a page: its status, a text on it, and the address that the server saw, which is that of SNAT. */

import { parseAddress, sameAddress } from '../../base/ip-address.ts';
import type { AnyResource } from '../../model/resource.ts';
import { checkProbe } from './check-network.ts';
import { originWords } from './check-ping.ts';
import { passedOn } from './check-tcp.ts';
import type { Fault } from './diagnosis.ts';
import { connectionFault, type LostConnection } from './diagnosis-flow.ts';
import { guestFault } from './diagnosis-guest.ts';
import { forwardingFault } from './diagnosis-sysctl.ts';
import type { Origin } from './network-ask.ts';
import type { Evidence } from './network-state.ts';
import type { HttpState } from './probe-state.ts';

export interface HttpCheck extends Origin {
  readonly url: string;
  readonly status: number;
  readonly expect?: string | undefined;
  /** Address that the page must name as the caller's. */
  readonly source?: string | undefined;
  readonly wait: number;
}

export function checkHttp(wish: HttpCheck): AnyResource {
  const { url, status, wait, from, vrf, netns, guest } = wish;
  const origin: Origin = { from, vrf, netns, guest };
  return checkProbe({
    title: url,
    probe: { kind: 'http', url, status, wait, ...origin },
    needs: { targets: [], parts: passedOn(origin) ? ['rules', 'flows'] : [] },
    judge: (result, evidence) => guestFault(guest, result) ?? httpFault(wish, result, evidence),
    seen: () => {
      const source = wish.source === undefined ? '' : `, which saw ${wish.source}`;
      return `${url} answered ${status}${source}${originWords(origin)}`;
    },
  });
}

function httpFault(wish: HttpCheck, result: HttpState, evidence: Evidence): Fault | undefined {
  const { url, status, expect } = wish;
  if (result.tool === '') {
    return {
      cause: 'neither curl nor wget is on this host, so no page can be fetched',
      hint: 'install one in an earlier step: { task: package, with: { names: [curl] } }',
    };
  }
  if (result.status === 0) return noAnswer(wish, result, evidence);
  if (result.status !== status) {
    return {
      cause: `${url} answered ${result.status}, not ${status}`,
      hint: 'the way is open; look at the server, or at a proxy in between',
    };
  }
  if (expect !== undefined && !result.body.includes(expect)) {
    return {
      cause: `${url} answered ${status}, but its page does not hold ${JSON.stringify(expect)}: it begins with ${JSON.stringify(result.body.trim().slice(0, 80))}`,
      hint: 'another server may have answered: look at the address that the name leads to',
    };
  }
  return sourceFault(wish, result);
}

function noAnswer(wish: HttpCheck, result: HttpState, evidence: Evidence): Fault {
  const { url, vrf } = wish;
  const inside = passedOn(wish) || vrf !== undefined;
  const off = inside ? forwardingFault(evidence.sysctls) : undefined;
  const said = result.error.replace(/^curl: \(\d+\) /, '');
  if (/resolve|unknown host|bad address/i.test(said)) {
    return (
      off ?? {
        cause: `${url} has no answer: the name cannot be resolved (${said})`,
        hint: 'look at /etc/resolv.conf, and whether the name server is reached from there',
      }
    );
  }
  const lost =
    passedOn(wish) && !/refused/i.test(said) ? connectionFault(evidence, lostConnection(url)) : undefined;
  const fault = lost ?? off;
  if (fault !== undefined) return fault;
  return {
    cause: `${url} has no answer: ${said === '' ? 'no reason given' : said}`,
    hint: inside
      ? 'where the host itself can fetch it, SNAT or forwarding of this exit node is what is missing: nft list ruleset, ip route show vrf'
      : 'look at the route to it and at the server',
  };
}

function lostConnection(url: string): LostConnection {
  const { hostname, port, protocol } = new URL(url);
  const host = hostname.replace(/^\[(.*)\]$/, '$1');
  const to = parseAddress(host) === undefined ? undefined : host;
  return { title: url, to, port: Number(port) || (protocol === 'https:' ? 443 : 80) };
}

/** The first address on the page that can be one. */
function sourceFault({ source, url }: HttpCheck, { body }: HttpState): Fault | undefined {
  if (source === undefined) return undefined;
  const wanted = parseAddress(source);
  const seen = (body.match(/[0-9a-fA-F:.]{3,45}/g) ?? []).flatMap((word) => {
    const address = parseAddress(word.replace(/^[.:]+(?=\d)|\.$/g, ''));
    return address === undefined ? [] : [{ word, address }];
  });
  if (wanted !== undefined && seen.some(({ address }) => sameAddress(address, wanted))) return undefined;
  if (wanted === undefined && body.includes(source)) return undefined;
  return {
    cause: `SNAT: ${url} saw ${seen[0]?.word ?? 'no address that it names'}, not ${source}`,
    hint: 'the packets leave by another exit, or are not translated there: look at nft list ruleset, and at the default route of the VRF',
  };
}
