/** Rulesets as people write them, in the JSON that nft 1.0.6 prints for them, and what becomes of packets in them. */
import { readFileSync } from 'node:fs';
import { type NftRuleset, NO_RULESET, parseRuleset } from '../../lib/resources/nft/nft-ruleset.ts';
import { type NftPacket, verdictOf } from '../../lib/resources/nft/nft-verdict.ts';
import { assert, suite } from '../suite.ts';

const test = suite('nft verdict');

function recorded(name: string): NftRuleset {
  const text = readFileSync(new URL(`./recorded/nft/${name}.json`, import.meta.url), 'utf8');
  const ruleset = parseRuleset(text);
  assert.ok(ruleset, `${name} is a ruleset`);
  return ruleset ?? NO_RULESET;
}

const tcp = (dport: number, more: Partial<NftPacket> = {}): NftPacket => ({
  hook: 'input',
  family: 'ip',
  protocol: 'tcp',
  dport,
  iif: 'eth0',
  state: 'new',
  ...more,
});

function said(ruleset: NftRuleset, packet: NftPacket): string {
  const found = verdictOf(ruleset, packet);
  if (found === 'unknown') return found;
  const by = found.by;
  return by ? `${found.verdict}: ${by.family} ${by.table} ${by.chain}: ${by.text}` : found.verdict;
}

test('without chains everything passes', () => {
  assert.is(said(NO_RULESET, tcp(22)), 'accept');
  assert.is(parseRuleset('nft: not found'), undefined);
});

test('a server with a drop policy: sets, ranges, negations, prefixes, verdict maps', () => {
  const server = recorded('server');
  assert.is(
    said(server, tcp(22)),
    'accept: inet filter services: tcp dport vmap { 22 : accept, 25 : drop, 8000-8010 : jump web }',
  );
  assert.is(
    said(server, tcp(25)),
    'drop: inet filter services: tcp dport vmap { 22 : accept, 25 : drop, 8000-8010 : jump web }',
  );
  assert.is(
    said(server, tcp(8005, { saddr: '10.1.2.3' })),
    'accept: inet filter web: ip saddr 10.0.0.0/8 accept',
  );
  assert.is(said(server, tcp(8005, { saddr: '192.0.2.1' })), 'drop: inet filter web: drop');
  assert.is(said(server, tcp(8005)), 'unknown', 'it depends on where from');
  assert.is(said(server, tcp(8005, { family: 'ip6', saddr: '2001:db8::1' })), 'drop: inet filter web: drop');
  assert.is(said(server, tcp(179)), 'drop: inet filter input: policy drop');
  assert.is(said(server, tcp(179, { iif: 'wg0' })), 'accept: inet filter input: iifname "wg*" accept');
  assert.is(said(server, tcp(179, { iif: 'lo' })), 'accept: inet filter input: iifname lo accept');
  assert.is(said(server, tcp(179, { state: 'established' })).split(':')[0], 'accept');
  assert.is(
    said(server, { ...tcp(5353), protocol: 'udp' }),
    'drop: inet filter input: udp dport != { 53, 123 } reject',
  );
  assert.is(said(server, { ...tcp(53), protocol: 'udp' }), 'drop: inet filter input: policy drop');
});

test('a drop anywhere is final, and a later chain of another table still looks', () => {
  const two = recorded('two-tables');
  assert.is(said(two, tcp(80)), 'drop: ip late input: tcp dport @closed counter drop comment "by hand"');
  assert.is(said(two, tcp(81)), 'accept: ip late input: policy accept');
  assert.is(said(two, tcp(80, { family: 'ip6' })), 'accept: inet early input: tcp dport 80 accept');
  assert.is(said(two, tcp(443)), 'drop: inet early raw: tcp dport 443 drop');
  assert.is(said(two, { ...tcp(4789), protocol: 'udp' }), 'unknown', 'a limit lets some pass');
});

test('forwarding looks at both interfaces; esp has no ports', () => {
  const two = recorded('two-tables');
  const through: NftPacket = { ...tcp(5000), hook: 'forward', iif: 'br0', oif: 'wg0' };
  assert.is(said(two, through), 'accept: inet early forward: iifname br0 oifname wg0 accept');
  assert.is(said(two, { ...through, oif: 'eth0' }), 'drop: inet early forward: policy drop');
  const { dport, ...rest } = tcp(0);
  assert.is(dport, 0);
  assert.is(said(two, { ...rest, protocol: 'esp' }), 'accept: ip late input: policy accept');
});
