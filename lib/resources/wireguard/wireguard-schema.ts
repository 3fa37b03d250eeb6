/** Pieces of the schema of the task `wireguard`. */

/** Name of an interface; `all` and `interfaces` mean something else to `wg show`, a dash first to every command. */
export const TUNNEL = {
  type: 'string',
  pattern: '^(?!(all|interfaces)$)[A-Za-z0-9_][A-Za-z0-9_.-]{0,14}$',
  $comment:
    'must be the name of an interface: letters, digits, _ . and -, at most 15, and not `all` or `interfaces`',
} as const;

const LINE = { type: 'string', pattern: '^[^\\n]+$', $comment: 'must be one line' } as const;
const HOOK = 'Commands for bash, `%i` stands for the interface.';

/** A list of commands; `when` is a sentence. */
export const hook = <const W extends string>(when: W) =>
  ({ type: 'array', items: LINE, description: `${when} ${HOOK}` }) as const;

/** One text or a list: `10.1.0.1/32`. */
export const NETWORKS = {
  oneOf: [{ type: 'string' }, { type: 'array', items: { type: 'string' }, minItems: 1 }],
} as const;

export const SECONDS = { type: 'integer', minimum: 0, maximum: 65_535 } as const;

export const EXTERNAL_PEERS = {
  type: 'object',
  propertyNames: {
    pattern: '^[A-Za-z0-9][A-Za-z0-9_. -]*$',
    $comment: 'must be letters, digits, blanks, _ . and -, beginning with a letter or digit',
  },
  description: 'Peers outside the inventory, by a name of your choice.',
  additionalProperties: {
    type: 'object',
    additionalProperties: false,
    required: ['public_key', 'allowed_ips'],
    properties: {
      public_key: { type: 'string', description: 'Its public key.' },
      preshared_key: {
        type: 'string',
        format: 'secret',
        description: 'One more secret, shared with it.',
      },
      allowed_ips: { ...NETWORKS, description: 'Networks that are sent to it.' },
      endpoint: { type: 'string', description: 'Where it is reached; left out: it calls this host.' },
      keepalive: { ...SECONDS, description: 'Seconds between empty packets to it.' },
    },
  },
} as const;
