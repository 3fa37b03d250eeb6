/** The shape of an inventory file, as JSON Schema 2020-12: what is checked, and what editors complete. */

export const NAME = '^[a-z][a-z0-9_]*$';

/** A host's name; what stands in brackets is looked at as a range (host-range.ts). */
const HOST_NAME = '^(?:[A-Za-z0-9]|\\[[^\\]]*\\])(?:[A-Za-z0-9._-]|\\[[^\\]]*\\])*$';

const NAMES = { type: ['array', 'null'], items: { type: 'string' } } as const;

/** Values by name; what the values are is up to the runbooks. */
export const VARS = {
  type: ['object', 'null'],
  propertyNames: { pattern: NAME },
  description: 'Values by name, for expressions',
} as const;

export const BECOME = {
  type: ['boolean', 'object'],
  properties: {
    user: { type: 'string', minLength: 1, description: 'Account to act as; root when left out' },
    method: { enum: ['sudo', 'su', 'doas'], description: 'How to become it; sudo when left out' },
  },
  additionalProperties: false,
  description: 'Act as another account',
} as const;

export const SECRETS = {
  type: ['object', 'null'],
  propertyNames: { pattern: NAME },
  additionalProperties: {
    type: 'object',
    properties: {
      env: { type: 'string', minLength: 1, description: 'Environment variable of the control machine' },
      file: { type: 'string', minLength: 1, description: 'File that nobody else may read' },
      command: {
        type: 'array',
        items: { type: 'string' },
        minItems: 1,
        description: 'Program and arguments; its output is the secret',
      },
    },
    additionalProperties: false,
    minProperties: 1,
    maxProperties: 1,
  },
  description: 'Values that are never shown, and where they come from',
} as const;

/** Said for a host, or for a group for all its hosts. */
const CARRIER = {
  transport: {
    enum: ['builtin', 'openssh'],
    description: "builtin, or openssh for the system's ssh program (FIDO keys, GSSAPI, host certificates)",
  },
  forward_agent: { type: 'boolean', description: 'Let the host use the agent of the control machine' },
} as const;

const HOST = {
  type: ['object', 'null'],
  properties: {
    address: {
      type: 'string',
      minLength: 1,
      description: 'Name or address to connect to; its own name when left out',
    },
    port: { type: 'integer', minimum: 1, maximum: 65535 },
    user: { type: 'string', minLength: 1, description: 'Account to log in as' },
    identity: { type: 'string', minLength: 1, description: 'Private key, relative to this file' },
    jump: {
      type: ['string', 'array'],
      items: { type: 'string', minLength: 1 },
      description: 'Hosts to pass through, outermost first: [user@]host[:port]',
    },
    connection: { enum: ['ssh', 'local'], description: 'ssh, or local for the control machine itself' },
    ...CARRIER,
    become: BECOME,
    become_user: { type: 'string', minLength: 1 },
    groups: NAMES,
    vars: VARS,
  },
  additionalProperties: false,
} as const;

export const INVENTORY_SCHEMA = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  title: 'Tightbeam inventory',
  type: 'object',
  properties: {
    hosts: {
      type: 'object',
      propertyNames: {
        pattern: HOST_NAME,
        $comment:
          'must be letters, digits, _ . and -, beginning with a letter or digit; ranges stand in brackets: web[01:12]',
      },
      additionalProperties: HOST,
      description: 'Hosts by name; pve[01:12] stands for twelve of them',
    },
    groups: {
      type: ['object', 'null'],
      propertyNames: { pattern: NAME },
      additionalProperties: {
        type: ['object', 'null'],
        properties: { children: NAMES, hosts: NAMES, vars: VARS, ...CARRIER },
        additionalProperties: false,
      },
      description: 'Groups by name; `all` is always there',
    },
    secrets: SECRETS,
  },
  required: ['hosts'],
  additionalProperties: false,
} as const;

/** Names of the keys, by where they stand. */
export const INVENTORY_KEYS = {
  top: Object.keys(INVENTORY_SCHEMA.properties),
  host: Object.keys(HOST.properties),
  group: Object.keys(INVENTORY_SCHEMA.properties.groups.additionalProperties.properties),
} as const;
