/** The shape of a runbook file, as JSON Schema 2020-12: what is checked, and what editors complete. */
import { BECOME, NAME, SECRETS, VARS } from '../inventory/inventory-schema.ts';
import { INPUTS, VARS_SCHEMA } from '../inventory/value-schema.ts';

const WORDS = { type: ['string', 'array'], items: { type: 'string' } } as const;
const BECOME_USER = { type: 'string', minLength: 1, description: 'Account to act as' } as const;

/** Values are text: a number would lose its form before anybody could tell. */
const ENV = {
  type: ['object', 'null'],
  propertyNames: {
    pattern: '^(?!TB_)[A-Za-z_][A-Za-z0-9_]*$',
    $comment: 'letters, digits and _, beginning with none of the digits, nor with TB_, which is taken',
  },
  additionalProperties: { type: 'string' },
  description: 'Environment of commands and changes; values may be secrets',
} as const;

const CONFIRM = {
  type: ['string', 'boolean'],
  pattern: '^([1-9][0-9]{0,4}(s|m)|off)$',
  $comment: 'must be a time in whole seconds or minutes, such as 60s or 5m; true for 60s; off for not at all',
  examples: ['60s'],
  description:
    'Taken back by the host itself unless a new login succeeds in that time: 60s, 5m; off. By default 60s for what can cut the connection',
} as const;

/** Keys that a step and a handler share. */
const COMMON = {
  id: {
    type: 'string',
    pattern: NAME,
    description: 'Name for needs, notify and outputs; the task when left out',
  },
  name: { type: 'string', minLength: 1, description: 'For people' },
  task: { type: 'string', minLength: 1, description: 'Task module' },
  with: { type: ['object', 'null'], description: 'Parameters of the task' },
  when: { type: ['string', 'boolean'], description: 'Condition: an expression' },
  foreach: {
    type: ['array', 'object', 'string'],
    description:
      'A list or map, or an expression giving one: carried out for each item, seen as item, index and key',
  },
  hosts: { ...WORDS, description: 'Hosts and groups, within those of the runbook' },
  become: BECOME,
  become_user: BECOME_USER,
  timeout: { type: 'string', examples: ['5m'], description: 'Limit of each change: 30s, 5m, 1h' },
  retries: {
    type: 'integer',
    minimum: 1,
    maximum: 10_000,
    description: 'How often what failed is tried again; 3 where only until is said',
  },
  delay: {
    type: 'string',
    examples: ['5s'],
    description: 'Time before each further try: 500ms, 5s (when left out), 1m',
  },
  until: {
    type: ['string', 'boolean'],
    description: 'Condition over the outputs of this step, asked once it is carried out; false is a failure',
  },
  lock: {
    type: ['string', 'object'],
    properties: {
      name: { type: 'string', pattern: NAME, description: 'The same name is the same lock' },
      max: { type: 'integer', minimum: 1, default: 1, description: 'Hosts that may hold it at a time' },
    },
    required: ['name'],
    additionalProperties: false,
    description: 'A name: of the hosts of a run only one at a time changes something in steps of this lock',
  },
  ignore_errors: {
    type: 'string',
    // The words that other tools take here give no reason.
    pattern: '^(?!\\s*(?:[Tt]rue|[Ff]alse|yes|no|on|off)\\s*$)[\\s\\S]*\\S',
    $comment: 'must say why a failure does no harm, such as: the old unit may be gone already',
    description: 'Why a failure counts as met, for people: the reason is shown',
  },
  confirm: CONFIRM,
  env: ENV,
  vars: { ...VARS, description: 'Values for this step alone' },
} as const;

export const STEP_KEYS = {
  ...COMMON,
  needs: { ...WORDS, description: 'Steps to wait for: x, x@all, x@group, x@host; [] waits for none' },
  tags: { ...WORDS, description: 'Words that --tags and --skip-tags choose by' },
  once: {
    type: ['boolean', 'string'],
    minLength: 1,
    description: 'Carried out by one host for all: true, one of a group, or one for each value of a variable',
  },
  notify: { ...WORDS, description: 'Handlers to run once when this step has changed something' },
  protect: {
    type: ['boolean', 'array'],
    items: { type: 'string', minLength: 1 },
    minItems: 1,
    description:
      'What no step may delete, stop or restart unless --allow names a step: true, for what this step is about, or names',
  },
} as const;

/** What a group and an import say for all steps within. */
const SHARED = {
  name: COMMON.name,
  when: COMMON.when,
  hosts: COMMON.hosts,
  become: COMMON.become,
  become_user: COMMON.become_user,
  needs: STEP_KEYS.needs,
  tags: STEP_KEYS.tags,
  confirm: CONFIRM,
} as const;

const SIZE = {
  anyOf: [
    { type: 'integer', minimum: 1 },
    { type: 'string', pattern: '^([1-9][0-9]?|100)%$', $comment: 'must be a share like "25%"' },
  ],
  $comment: 'must be a number of hosts, or a share of them: 5, "25%"',
} as const;

const ROLLOUT = {
  type: 'object',
  properties: {
    batch: {
      anyOf: [SIZE, { type: 'array', items: SIZE, minItems: 1 }],
      $comment: 'must be a number of hosts, a share of them, or a list of these: 5, "25%", [1, 5, "25%"]',
      description: 'Hosts at once: a number, a share ("25%"), or one for each batch; the last counts on',
    },
    max_failures: {
      type: 'integer',
      minimum: 0,
      description: 'With more failed hosts no batch begins; default 0',
    },
  },
  required: ['batch'],
  additionalProperties: false,
  description: 'Hosts go in batches, each after the one before it',
} as const;

export const GROUP_KEYS = {
  group: { type: 'string', minLength: 1, description: 'Id for needs, or a title for people' },
  id: { ...COMMON.id, description: 'Id for needs where `group` is a title' },
  ...SHARED,
  env: ENV,
  vars: { ...VARS, description: 'Values for the steps within' },
  rollout: ROLLOUT,
  steps: { type: 'array', items: { type: 'object' }, minItems: 1, description: 'Steps, groups and imports' },
} as const;

export const IMPORT_KEYS = {
  import: { type: 'string', minLength: 1, description: 'File of another runbook, relative to this one' },
  id: { ...COMMON.id, description: "Name for needs and outputs; the file's name when left out" },
  with: { type: ['object', 'null'], description: 'Its inputs' },
  ...SHARED,
  vars: { ...VARS, description: 'Values that win over the variables of the other runbook' },
} as const;

const entry = <P extends object, const R extends readonly string[]>(properties: P, required: R) =>
  ({ type: 'object', properties, required, additionalProperties: false }) as const;

/** An entry of `steps:` is a step, a group of them, or another runbook. */
const ENTRY = {
  type: 'object',
  if: { type: 'object', required: ['group'] },
  // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema
  then: entry(GROUP_KEYS, ['group', 'steps']),
  else: {
    if: { type: 'object', required: ['import'] },
    // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema
    then: entry(IMPORT_KEYS, ['import']),
    else: entry(STEP_KEYS, ['task']),
  },
} as const;

export const ENTRIES = { type: 'array', items: ENTRY, minItems: 1 } as const;

const RUNBOOK_KEYS = {
  name: { type: 'string', minLength: 1, description: 'For people' },
  hosts: { ...WORDS, description: 'Hosts and groups it is for' },
  become: BECOME,
  become_user: BECOME_USER,
  inputs: INPUTS,
  outputs: {
    type: ['object', 'null'],
    propertyNames: { pattern: NAME },
    additionalProperties: { type: 'string' },
    description: 'What a runbook that imports this one gets: name to expression',
  },
  env: ENV,
  vars: VARS,
  vars_schema: VARS_SCHEMA,
  secrets: SECRETS,
  rollout: ROLLOUT,
  confirm: CONFIRM,
  steps: ENTRIES,
  handlers: { type: ['array', 'null'], items: entry(COMMON, ['task']) },
} as const;

export const RUNBOOK_SCHEMA = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  title: 'Tightbeam runbook',
  type: 'object',
  properties: RUNBOOK_KEYS,
  required: ['hosts', 'steps'],
  additionalProperties: false,
} as const;

/** A runbook that another one imports has the hosts of that. */
export const IMPORTED_SCHEMA = { ...RUNBOOK_SCHEMA, required: ['steps'] } as const;
