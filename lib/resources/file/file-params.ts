/** Parameters that the tasks for files share, each as a piece of JSON Schema with its description. */

/** The parameter `state`: present or absent. */
export const STATE = {
  enum: ['present', 'absent'],
  default: 'present',
  description: 'Whether it is there.',
} as const;

const OWNER = {
  type: 'string',
  pattern: '^[^:\\s]+$',
  $comment: 'must be a name or number, without a colon or a blank',
  description:
    'Owner, by name or number. Left out: not changed; new ones belong to the account that makes them.',
} as const;

const GROUP = {
  type: 'string',
  pattern: '^[^:\\s]+$',
  $comment: 'must be a name or number, without a colon or a blank',
  description: 'Group, by name or number. Left out: not changed.',
} as const;

const MODE = {
  type: 'string',
  format: 'mode',
  pattern: '^[0-7]{3,4}$',
  $comment: 'must be permission bits in octal, in quotes, such as "0644"',
  description:
    'Permission bits in octal, in quotes, like "0644". Left out: not changed; new ones get the usual mode.',
} as const;

/** The parameters `owner`, `group` and `mode`. */
export const OWNERSHIP = { owner: OWNER, group: GROUP, mode: MODE } as const;

const VALIDATE = {
  type: 'string',
  pattern: '%s',
  $comment: 'must hold %s, where the path to check is put in',
  description:
    'Command that checks the new content before it is installed; %s stands for the path to check. A status other than 0 leaves the old file in place.',
} as const;

const FOLLOW = {
  type: 'boolean',
  default: false,
  description: 'Where the path is a symlink: change what it points to. Otherwise a symlink is refused.',
} as const;

const INPLACE = {
  type: 'boolean',
  default: false,
  description:
    'Overwrite instead of renaming over, for files that are mount points (in containers). A crash can leave it half written.',
} as const;

/** The parameters `validate`, `follow` and `inplace`: how content is put in place. */
export const WRITING = { validate: VALIDATE, follow: FOLLOW, inplace: INPLACE } as const;

/** An absolute path on the host. */
export function absolutePath<const D extends string>(description: D) {
  return {
    type: 'string',
    format: 'abs-path',
    pattern: '^/',
    $comment: 'must be an absolute path',
    description,
  } as const;
}
