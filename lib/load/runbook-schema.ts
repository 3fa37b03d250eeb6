/** The shape of a runbook file, as JSON Schema 2020-12: what is checked, and what editors complete. */
import { BECOME, NAME, SECRETS, VARS } from './inventory-schema.ts';

const WORDS = { type: ['string', 'array'], items: { type: 'string' } } as const;
const BECOME_USER = { type: 'string', minLength: 1, description: 'Account to act as' } as const;

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
  delay: { type: 'string', description: 'Time before each further try: 500ms, 5s (when left out), 1m' },
  until: {
    type: ['string', 'boolean'],
    description: 'Condition over the outputs of this step, asked once it is carried out; false is a failure',
  },
  ignore_errors: {
    type: 'string',
    // The words that other tools take here give no reason.
    pattern: '^(?!\\s*(?:[Tt]rue|[Ff]alse|yes|no|on|off)\\s*$)[\\s\\S]*\\S',
    $comment: 'must say why a failure does no harm, such as: the old unit may be gone already',
    description: 'Why a failure counts as met, for people: the reason is shown',
  },
  vars: { ...VARS, description: 'Values for this step alone' },
} as const;

export const STEP_KEYS = {
  ...COMMON,
  needs: { ...WORDS, description: 'Steps to wait for: x, x@all, x@group, x@host; [] waits for none' },
  tags: { ...WORDS, description: 'Words that --tags and --skip-tags choose by' },
  notify: { ...WORDS, description: 'Handlers to run once when this step has changed something' },
} as const;

const entry = <P extends object>(properties: P) =>
  ({ type: 'object', properties, required: ['task'], additionalProperties: false }) as const;

export const RUNBOOK_SCHEMA = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  title: 'Tightbeam runbook',
  type: 'object',
  properties: {
    name: { type: 'string', minLength: 1, description: 'For people' },
    hosts: { ...WORDS, description: 'Hosts and groups it is for' },
    become: BECOME,
    become_user: BECOME_USER,
    vars: VARS,
    secrets: SECRETS,
    steps: { type: 'array', items: entry(STEP_KEYS), minItems: 1 },
    handlers: { type: ['array', 'null'], items: entry(COMMON) },
  },
  required: ['hosts', 'steps'],
  additionalProperties: false,
} as const;
