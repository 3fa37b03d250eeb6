/** A rule of nftables in nft's own words, for people: from its JSON, which is what can be reckoned with. */
import { isRecord, type NftRule } from './nft-ruleset.ts';

/** `tcp dport { 80, 443 } drop`. What has no words here is shown as JSON. */
export function ruleText(rule: NftRule): string {
  // From iptables: as it was printed.
  const printed = rule.expr[0]?.plain;
  if (typeof printed === 'string') return printed;
  const words = rule.expr.map(statement).filter((each) => each !== '');
  const comment = rule.comment === '' ? [] : [`comment "${rule.comment}"`];
  return [...words, ...comment].join(' ');
}

function statement(expression: Readonly<Record<string, unknown>>): string {
  const [name = '', body] = Object.entries(expression)[0] ?? [];
  if (name === 'match' && isRecord(body)) {
    const op = body.op === '==' || body.op === 'in' ? '' : `${body.op} `;
    return `${field(body.left)} ${op}${value(body.right)}`;
  }
  if (name === 'vmap' && isRecord(body)) return `${field(body.key)} vmap ${value(body.data)}`;
  if (name === 'counter') return 'counter';
  if (name === 'jump' || name === 'goto') return `${name} ${isRecord(body) ? body.target : ''}`;
  if (name === 'reject') return 'reject';
  if (name === 'xt' && isRecord(body)) return `# xt ${body.type ?? ''} ${body.name ?? ''}`.trimEnd();
  if (body === null) return name;
  return name === 'limit' || name === 'log' ? name : `${name} ${JSON.stringify(body)}`;
}

function field(left: unknown): string {
  if (!isRecord(left)) return value(left);
  if (isRecord(left.meta)) {
    const key = String(left.meta.key);
    return BARE.has(key) ? key : `meta ${key}`;
  }
  if (isRecord(left.payload)) return `${left.payload.protocol} ${left.payload.field}`;
  if (isRecord(left.ct)) return `ct ${left.ct.key}`;
  if (isRecord(left.fib)) return `fib ${value(left.fib.flags)} ${left.fib.result}`;
  if (Array.isArray(left.concat)) return left.concat.map(field).join(' . ');
  if (Array.isArray(left['&'])) return `${field(left['&'][0])} & ${value(left['&'][1])}`;
  return JSON.stringify(left);
}

const BARE: ReadonlySet<string> = new Set(['iif', 'oif', 'iifname', 'oifname']);

function value(right: unknown): string {
  if (Array.isArray(right)) return right.map(value).join(',');
  if (!isRecord(right))
    return typeof right === 'string' && /^[^@\d].*\*$/.test(right) ? `"${right}"` : String(right);
  if (Array.isArray(right.set)) return `{ ${right.set.map(element).join(', ')} }`;
  if (isRecord(right.prefix)) return `${right.prefix.addr}/${right.prefix.len}`;
  if (Array.isArray(right.range)) return `${right.range[0]}-${right.range[1]}`;
  if (Array.isArray(right.concat)) return right.concat.map(value).join(' . ');
  if (isRecord(right.elem)) return value(right.elem.val);
  return statement(right);
}

/** Of a map, the key and what it leads to. */
function element(each: unknown): string {
  return Array.isArray(each) && each.length === 2 && isRecord(each[1])
    ? `${value(each[0])} : ${statement(each[1])}`
    : value(each);
}
