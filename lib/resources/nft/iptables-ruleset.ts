/** Rules as iptables-save prints them, in the terms of nftables, as far as they can be reckoned with. */
import type { NftExpression, NftRule, NftRulesetChain } from './nft-ruleset.ts';

/** Chains of all tables. Those of `*nat` have a type of their own: they translate and drop nothing. */
export function parseIptables(
  text: string,
  family: 'ip' | 'ip6',
  tool: 'iptables' | 'iptables-legacy',
): readonly NftRulesetChain[] {
  const chains = new Map<string, Omit<NftRulesetChain, 'rules'> & { readonly rules: NftRule[] }>();
  let table = '';
  for (const line of text.split('\n')) {
    if (line.startsWith('*')) table = line.slice(1).trim();
    const [, name = '', policy = ''] = /^:(\S+) (\S+)/.exec(line) ?? [];
    if (name !== '') {
      chains.set(`${table} ${name}`, {
        family,
        table,
        name,
        handle: 0,
        rules: [],
        tool,
        ...baseOf(table, name, policy),
      });
    }
    const [, of = '', rest = ''] = /^-A (\S+) ?(.*)$/.exec(line) ?? [];
    const rules = chains.get(`${table} ${of}`)?.rules;
    // Numbered as `iptables -L --line-numbers` does, as there are no handles.
    rules?.push({ handle: rules.length + 1, expr: expressions(rest), comment: '' });
  }
  return [...chains.values()];
}

const HOOKS: Readonly<Record<string, string>> = {
  PREROUTING: 'prerouting',
  INPUT: 'input',
  FORWARD: 'forward',
  OUTPUT: 'output',
  POSTROUTING: 'postrouting',
};

const PRIORITY: Readonly<Record<string, number>> = {
  raw: -300,
  mangle: -150,
  nat: 0,
  filter: 0,
  security: 50,
};

function baseOf(table: string, name: string, policy: string) {
  const hook = HOOKS[name];
  if (hook === undefined || policy === '-') return {};
  return {
    type: table === 'nat' ? 'nat' : 'filter',
    hook,
    priority: PRIORITY[table] ?? 0,
    policy: policy === 'DROP' ? 'drop' : 'accept',
  };
}

/** The verdict last. The rule as it was printed stands in front, for people. */
function expressions(text: string): readonly NftExpression[] {
  const words = text.match(/"(?:\\.|[^"])*"|\S+/g) ?? [];
  const found: NftExpression[] = [{ plain: text }];
  let verdict: NftExpression | undefined;
  for (let at = 0; at < words.length; at += 1) {
    const negated = words[at] === '!';
    if (negated) at += 1;
    const option = words[at] ?? '';
    if (!option.startsWith('-')) continue;
    const value = (words[at + 1] ?? '').replace(/^"|"$/g, '');
    if (option === '-j' || option === '-g') verdict = target(value, option === '-g');
    const expression = IGNORED.has(option) ? undefined : matchOf(option, value, negated);
    if (expression) found.push(expression);
  }
  return verdict ? [...found, verdict] : found;
}

function target(name: string, goto: boolean): NftExpression | undefined {
  if (name === 'ACCEPT') return { accept: null };
  if (name === 'DROP') return { drop: null };
  if (name === 'REJECT') return { reject: null };
  if (name === 'RETURN') return { return: null };
  if (name === 'NFQUEUE' || name === 'QUEUE' || name === 'TPROXY' || name === 'SYNPROXY')
    return { queue: null };
  // Targets that change or note the packet and let it go on.
  if (/^[A-Z0-9]+$/.test(name) && PASSING.has(name)) return undefined;
  return goto ? { goto: { target: name } } : { jump: { target: name } };
}

const PASSING: ReadonlySet<string> = new Set([
  'AUDIT',
  'CHECKSUM',
  'CLASSIFY',
  'CONNMARK',
  'CONNSECMARK',
  'CT',
  'DSCP',
  'ECN',
  'HL',
  'LOG',
  'MARK',
  'NFLOG',
  'NOTRACK',
  'SECMARK',
  'SET',
  'TCPMSS',
  'TCPOPTSTRIP',
  'TEE',
  'TOS',
  'TRACE',
  'TTL',
  'ULOG',
]);

/** Options of targets, and what comes with a match that is looked at elsewhere. */
const IGNORED: ReadonlySet<string> = new Set([
  '-j',
  '-g',
  '-m',
  '--comment',
  '--reject-with',
  '--log-prefix',
  '--log-level',
  '--log-uid',
  '--nflog-group',
  '--nflog-prefix',
  '--set-mss',
  '--clamp-mss-to-pmtu',
  '--set-xmark',
  '--limit-burst',
  '--mask',
  '--rsource',
  '--rdest',
  '--name',
]);

function matchOf(option: string, value: string, negated: boolean): NftExpression {
  const match = (left: unknown, right: unknown): NftExpression => ({
    match: { op: negated ? '!=' : '==', left, right },
  });
  switch (option) {
    case '-p':
      return value === 'all' ? { counter: null } : match({ meta: { key: 'l4proto' } }, value);
    case '-s':
    case '-d':
      return match(
        {
          payload: {
            protocol: value.includes(':') ? 'ip6' : 'ip',
            field: option === '-s' ? 'saddr' : 'daddr',
          },
        },
        prefix(value),
      );
    case '-i':
    case '-o':
      return match({ meta: { key: option === '-i' ? 'iifname' : 'oifname' } }, value.replace(/\+$/, '*'));
    case '--dport':
    case '--dports':
    case '--sport':
    case '--sports':
      return match(
        { payload: { protocol: 'th', field: option.slice(2, 7) } },
        { set: value.split(',').map(port) },
      );
    case '--ctstate':
    case '--state':
      return match({ ct: { key: 'state' } }, { set: value.toLowerCase().split(',') });
    case '--dst-type':
      return match({ fib: { result: 'type', flags: ['daddr'] } }, value.toLowerCase());
    case '--pkt-type':
      return match({ meta: { key: 'pkttype' } }, value === 'unicast' ? 'host' : value);
    default:
      return { xt: { name: option } };
  }
}

function prefix(value: string): unknown {
  const [addr = '', len = ''] = value.split('/');
  return /^\d+$/.test(len) ? { prefix: { addr, len: Number(len) } } : addr;
}

function port(value: string): unknown {
  const [low = '', high] = value.split(':');
  return high === undefined ? Number(low) : { range: [Number(low), Number(high)] };
}
