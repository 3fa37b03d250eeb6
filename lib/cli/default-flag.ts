/** Which flags may stand in run.yaml, and why the others may not. */

import type { RunYamlRules } from '../load/run-yaml.ts';
import type { JsonSchema } from '../load/source/json-schema.ts';
import { type Flag, RUN_FLAGS } from './flag.ts';

/** By name; `path`: relative to run.yaml. */
export const DEFAULTS: ReadonlyMap<string, 'path' | 'value'> = new Map([
  ['inventory', 'path'],
  ['forks', 'value'],
  ['max-changes', 'value'],
  ['max-hosts', 'value'],
  ['confirm', 'value'],
  ['keep-runs', 'value'],
  ['keep-days', 'value'],
  ['user', 'value'],
  ['private-key', 'path'],
  ['become', 'value'],
  ['become-user', 'value'],
  ['become-method', 'value'],
  ['ask-become-pass', 'value'],
  ['become-password-file', 'path'],
  ['timeout', 'value'],
  ['reconnect', 'value'],
  ['heartbeat', 'value'],
  ['lock-timeout', 'value'],
  ['transport', 'value'],
  ['host-key', 'value'],
  ['diff', 'value'],
  ['verbose', 'value'],
  ['quiet', 'value'],
  ['events', 'path'],
]);

const LEAVES_OUT = 'it would leave out work in silence: say it on the command line';

/** Why not, where there is more to say than that it is meant for one run. */
const WHY: Readonly<Record<string, string>> = {
  limit: LEAVES_OUT,
  tags: LEAVES_OUT,
  'skip-tags': LEAVES_OUT,
  from: LEAVES_OUT,
  only: LEAVES_OUT,
  'dry-run': 'every run would be a look and nothing else: say it on the command line',
  'allow-lockout': 'it would take a guard away in silence: say it on the command line',
  allow: 'it would take a guard away in silence: say it on the command line',
  step: 'it would ask in every run: say it on the command line',
  yes: 'it would answer questions that nobody has read: say it on the command line',
  'extra-vars': 'write them under `vars:` of the runbook or of the inventory',
  project: 'run.yaml lies in the folder that it names',
};

export function runYamlRules(): RunYamlRules {
  return {
    properties: Object.fromEntries(
      RUN_FLAGS.filter(({ name }) => DEFAULTS.has(name)).map((flag) => [flag.name, schemaOf(flag)]),
    ),
    refusal(name) {
      if (DEFAULTS.has(name)) return undefined;
      const flag = RUN_FLAGS.find((each) => each.name === name);
      if (flag) return WHY[flag.alias ?? name] ?? 'it is said on the command line, for one run';
      const plain = name.replaceAll('_', '-');
      return DEFAULTS.has(plain) ? `write "${plain}"` : undefined;
    },
  };
}

/** For editors. */
export function runYamlSchema(): JsonSchema {
  const flags = RUN_FLAGS.filter(({ name }) => DEFAULTS.has(name));
  const properties = flags.map((flag) => [flag.name, { ...schemaOf(flag), description: flag.help }]);
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: 'Tightbeam run.yaml',
    type: ['object', 'null'],
    properties: Object.fromEntries(properties),
    additionalProperties: false,
  };
}

function schemaOf({ type, number, choices, wait }: Flag): Exclude<JsonSchema, boolean> {
  if (type === 'boolean') return { type: 'boolean' };
  if (number) return { type: 'integer', minimum: 1, maximum: 999_999 };
  if (wait) return { type: 'string', pattern: '^(0|[1-9][0-9]{0,8}(ms|s|m|h))$' };
  return choices ? { enum: choices } : { type: 'string', minLength: 1 };
}
