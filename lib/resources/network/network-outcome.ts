/** What a probe left in its file, as its state. */
import type { Probe } from './network-ask.ts';
import type { HttpState, PingState, ProbeState, SessionState, TcpState } from './probe-state.ts';

export function parseProbe(probe: Probe, text: string, page: string): ProbeState {
  switch (probe.kind) {
    case 'ping':
      return pingState(text);
    case 'tcp':
      return tcpState(text);
    case 'http':
      return httpState(text, page);
    case 'session':
      return sessionState(text);
    case 'machine':
      return { kind: 'machine', exists: true, known: /^@up$/m.test(text) };
  }
}

function pingState(text: string): PingState {
  const [, sent, received] = /(\d+) packets transmitted, (\d+) (?:packets )?received/.exec(text) ?? [];
  const fits = [...text.matchAll(/^@fits (\d+)$/gm)].map(([, size]) => Number(size));
  return {
    kind: 'ping',
    exists: true,
    rc: mark(text, 'rc', 1),
    sent: Number(sent ?? 0),
    received: Number(received ?? 0),
    ms: Number(/= [\d.]+\/([\d.]+)\//.exec(text)?.[1] ?? 0),
    error: pingError(text),
    fits: Math.max(0, ...fits),
  };
}

/** ping's own complaint, or the ICMP error that came back: `from 10.2.0.1: Frag needed and DF set (mtu = 1370)`. */
function pingError(text: string): string {
  const own = (/^ping: (.*)$/m.exec(text) ?? /^(Cannot open network namespace .*)$/m.exec(text))?.[1];
  if (own !== undefined) return own.replace(/^local error: /, '');
  const [, host, what] = /^From (\S+?):? icmp_seq=\d+ (.*)$/m.exec(text) ?? [];
  return host === undefined ? '' : `${what} (says ${host})`;
}

export function tcpState(text: string): TcpState {
  const tool = /^@tool (.*)$/m.exec(text)?.[1] ?? '';
  const rc = mark(text, 'rc', 1);
  const said = plain(text);
  const outcome =
    rc === 0
      ? 'open'
      : /refused/i.test(said)
        ? 'refused'
        : /timed? ?out|in progress/i.test(said) || rc === 124
          ? 'timeout'
          : /unreachable|no route/i.test(said)
            ? 'unreachable'
            : 'error';
  return { kind: 'tcp', exists: true, tool, outcome, error: outcome === 'open' ? '' : said };
}

function httpState(text: string, page: string): HttpState {
  return {
    kind: 'http',
    exists: true,
    tool: /^@tool (.*)$/m.exec(text)?.[1] ?? '',
    status: mark(text, 'status', 0),
    body: page,
    error: plain(text),
  };
}

function sessionState(text: string): SessionState {
  const peerAs = openAs(text);
  const tried = /^@tool \S/m.test(text);
  return {
    kind: 'session',
    exists: true,
    established: /^@up$/m.test(text),
    ...(peerAs === undefined ? {} : { peerAs }),
    ...(tried ? { tcp: tcpState(text).outcome } : {}),
  };
}

/**
 * The AS number in the OPEN message that bgpd refused and prints in hex: 16 bytes of marker, length, type 1, version,
 * two bytes of AS; AS 23456 stands for one that needs four bytes, which capability 65 holds.
 */
function openAs(text: string): number | undefined {
  const dump = /to send a NOTIFICATION:\n((?:\s+[0-9A-F ]+\n)+)/.exec(text)?.[1]?.replace(/\s/g, '') ?? '';
  const [, short, rest = ''] = /^F{32}[0-9A-F]{4}0104([0-9A-F]{4})(.*)$/.exec(dump) ?? [];
  if (short === undefined) return undefined;
  const long = /4104([0-9A-F]{8})/.exec(rest)?.[1];
  return Number.parseInt(long ?? short, 16);
}

function mark(text: string, name: string, missing: number): number {
  const value = Number(new RegExp(`^@${name} (\\d+)$`, 'm').exec(text)?.[1] ?? Number.NaN);
  return Number.isNaN(value) ? missing : value;
}

/** The last line that is not ours. */
function plain(text: string): string {
  const lines = text.split('\n').filter((line) => line.trim() !== '' && !line.startsWith('@'));
  return lines.at(-1)?.trim() ?? '';
}
