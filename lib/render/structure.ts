/** Two texts of JSON, YAML or `key = value` compared key by key, where that says all that there is to say. */
import { plainYaml } from '../base/yaml.ts';
import { parseIni } from './ini.ts';

/** One key that is not what it was; `from` undefined: it is new, `to` undefined: it is gone. */
export interface KeyedChange {
  readonly name: string;
  readonly from?: string;
  readonly to?: string;
}

type Format = 'json' | 'yaml' | 'ini';

/** Longer lists and texts are better shown as lines. */
const WIDEST = 160;
const DEEPEST = 20;
/** So many keys are shown even where there are fewer lines. */
const FEW = 12;
/** Characters; larger ones are compared as lines alone. */
const LARGEST = 262_144;

const INI =
  /\.(ini|cfg|cnf|conf|properties|env|service|socket|timer|mount|target|path|slice|network|netdev|link)$/;

/**
 * Undefined where lines say it better: not of such a format, not well formed, the same data in other words, or when
 * some of the changed lines (`changed`, with their sign) say nothing that a key shows, as comments do.
 */
export function keyedChanges(
  path: string,
  before: string,
  after: string,
  changed: readonly string[],
): readonly KeyedChange[] | undefined {
  if (before.length + after.length > LARGEST) return undefined;
  const format = formatOf(path, before);
  if (!format) return undefined;
  const [old, now] = [parse(format, before), parse(format, after)];
  if (!isMap(old) || !isMap(now)) return undefined;
  const changes: KeyedChange[] = [];
  if (!compare('', old, now, { changes, format }, 0)) return undefined;
  if (changes.length === 0 || changes.length > Math.max(changed.length, FEW)) return undefined;
  return changed.every((line) => told(line, changes, format)) ? changes : undefined;
}

function formatOf(path: string, text: string): Format | undefined {
  if (/\.json$/.test(path)) return 'json';
  if (/\.ya?ml$/.test(path)) return 'yaml';
  if (INI.test(path) || /^\/etc\/(sysctl\.d|default|sysconfig)\//.test(path)) return 'ini';
  return /^\s*\{/.test(text) ? 'json' : undefined;
}

function parse(format: Format, text: string): unknown {
  if (format === 'ini') return parseIni(text);
  // The number as it is written: JSON's own reader would round it.
  return format === 'yaml' || isJson(text) ? plainYaml(text) : undefined;
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

type Fields = Readonly<Record<string, unknown>>;

function isMap(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Date);
}

interface Found {
  readonly changes: KeyedChange[];
  readonly format: Format;
}

function isFull(value: unknown): boolean {
  return isMap(value) && Object.keys(value).length > 0;
}

/** False when a difference cannot be told in a line. */
function compare(name: string, old: unknown, now: unknown, into: Found, depth: number): boolean {
  if (depth > DEEPEST) return false;
  if (isMap(old) && isMap(now)) {
    return [...new Set([...Object.keys(old), ...Object.keys(now)])].every((key) =>
      compare(name === '' ? key : `${name}.${key}`, old[key], now[key], into, depth + 1),
    );
  }
  if (Array.isArray(old) && Array.isArray(now) && old.length === now.length && old.some(isMap)) {
    return old.every((item, at) => compare(`${name}[${at}]`, item, now[at], into, depth + 1));
  }
  if (isFull(old) && now === undefined) return compare(name, old, {}, into, depth);
  if (isFull(now) && old === undefined) return compare(name, {}, now, into, depth);
  const [from, to] = [word(old, into.format), word(now, into.format)];
  if (from === to) return true;
  if ((from?.length ?? 0) > WIDEST || (to?.length ?? 0) > WIDEST) return false;
  into.changes.push({ name, ...(from === undefined ? {} : { from }), ...(to === undefined ? {} : { to }) });
  return true;
}

/** A text that could be taken for something else stands in quotes; in files where all is text nothing could. */
function word(value: unknown, format: Format): string | undefined {
  if (value === undefined) return undefined;
  if (typeof value === 'string') return format === 'ini' && value !== '' ? value : quoted(value);
  if (Array.isArray(value)) return `[${value.map((item) => word(item, format) ?? '').join(', ')}]`;
  if (!isMap(value)) return String(value);
  const fields = Object.entries(value).map(([key, item]) => `${key}: ${word(item, format) ?? ''}`);
  return fields.length === 0 ? '{}' : `{ ${fields.join(', ')} }`;
}

const PLAIN = /^(?![-+.\d]|(?:true|false|null|yes|no|on|off|~)$)[^\s"'[\]{},][^"\n\\]*$/i;

function quoted(text: string): string {
  return PLAIN.test(text) && text === text.trim() ? text : JSON.stringify(text);
}

/** Whether a changed line, `+` or `-` before it, is one of what the keys show. In JSON nothing else counts. */
function told(line: string, changes: readonly KeyedChange[], format: Format): boolean {
  if (format === 'json') return true;
  const text = line.slice(1).trim();
  if (text === '' || /^[#;]/.test(text)) return false;
  const side = line.startsWith('+') ? 'to' : 'from';
  const bare = text.replace(/^(- )+/, '').replace(/^["'[]+|["'\]:]+$/g, '');
  const words = new Set(text.split(/[\s"'{}[\],:=]+/));
  return changes.some(({ name, [side]: value }) => {
    // A comment behind the value is not told by the key.
    if (value === undefined || (/\s#/.test(text) && !value.includes('#'))) return false;
    const parts = name.split(/[.[\]]+/).filter((part) => part !== '');
    const last = parts.filter((part) => !/^\d+$/.test(part)).at(-1);
    // The line of the key, one that it stands in, or an item of its list.
    return (
      (last !== undefined && words.has(last)) ||
      parts.includes(bare) ||
      hasKey(name, words) ||
      value.includes(bare)
    );
  });
}

/** Names of sysctl have dots in them. */
function hasKey(name: string, words: ReadonlySet<string>): boolean {
  return [...words].some((word) => word !== '' && (name === word || name.endsWith(`.${word}`)));
}
