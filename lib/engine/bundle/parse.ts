/** The text of a bundle, checked: whoever plans on it gets all of it, or a reason. */
import { RunError } from '../../base/error.ts';
import type { ProblemCode } from '../../base/problem-code.ts';
import { BUNDLE_KIND, BUNDLE_VERSION, type Bundle } from '../../model/bundle.ts';

/** `path`: as it was named, for messages. Throws RunError `invalid`. */
export function parseBundle(text: string, path: string): Bundle {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    const cut = text.trimStart().startsWith('{') && !text.trimEnd().endsWith('}');
    throw broken(path, cut ? 'is cut short: its end is missing' : 'is not JSON');
  }
  if (!isMap(value) || value.kind !== BUNDLE_KIND) throw broken(path, 'is no bundle of run facts');
  if (value.v !== BUNDLE_VERSION)
    throw broken(
      path,
      `has version ${JSON.stringify(value.v)}, and this run reads version ${BUNDLE_VERSION}`,
    );
  const fault = faultOf(value);
  if (fault !== undefined) throw broken(path, `is damaged: ${fault}`);
  return value as unknown as Bundle;
}

export function bundleFault(code: ProblemCode, message: string, hint: string): RunError {
  return new RunError('invalid', message, { hint, problems: [{ code, message, hint }] });
}

function broken(path: string, what: string): RunError {
  return bundleFault(
    'bad-bundle',
    `${path} ${what}`,
    'record it again: run facts <inventory> --out <bundle>',
  );
}

type Fields = Readonly<Record<string, unknown>>;

function isMap(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** What is not as it was written; undefined: nothing. */
function faultOf({ engine, created, runbooks, hosts }: Fields): string | undefined {
  if (typeof engine !== 'string') return '`engine` is no text';
  if (typeof created !== 'string' || Number.isNaN(Date.parse(created))) return '`created` is no time';
  if (!Array.isArray(runbooks) || runbooks.some((name) => typeof name !== 'string'))
    return '`runbooks` is no list of names';
  if (!isMap(hosts)) return '`hosts` is no map';
  for (const [name, host] of Object.entries(hosts)) {
    const fault = hostFault(host);
    if (fault !== undefined) return `host ${name}: ${fault}`;
  }
  return undefined;
}

const FACT_MAPS = ['os'];
const FACT_LISTS = ['addresses', 'interfaces'];

function hostFault(host: unknown): string | undefined {
  if (!isMap(host)) return 'it is no map';
  if ('unreachable' in host)
    return typeof host.unreachable === 'string' ? undefined : '`unreachable` is no text';
  const { login, facts, states } = host;
  if (!isMap(login) || typeof login.login !== 'string') return '`login` names no account';
  if (!isMap(facts)) return '`facts` is no map';
  if (FACT_MAPS.some((name) => !isMap(facts[name])) || FACT_LISTS.some((name) => !Array.isArray(facts[name])))
    return 'a fact is not there';
  if (!isMap(states)) return '`states` is no map';
  for (const [key, list] of Object.entries(states)) {
    if (!key.includes(':')) return `"${key}" is no key`;
    if (!Array.isArray(list) || list.length === 0 || !list.every(isRecorded)) return `${key} has no state`;
  }
  return undefined;
}

function isRecorded(value: unknown): boolean {
  if (!isMap(value)) return false;
  const { state, unreadable, canonical } = value;
  if (typeof unreadable === 'string') return true;
  if (canonical !== undefined && (typeof canonical !== 'string' || !canonical.includes(':'))) return false;
  return isMap(state) && (typeof state.exists === 'boolean' || '$unknown' in state);
}
