/** Names of network interfaces as parameters take them. */

/** What the kernel takes, and no program takes for an option. */
export const INTERFACE_PATTERN = '^[A-Za-z0-9_.@:][A-Za-z0-9_.@:-]{0,14}$';

export const INTERFACE = {
  type: 'string',
  pattern: INTERFACE_PATTERN,
  $comment: 'must be the name of an interface: at most 15 characters',
} as const;
