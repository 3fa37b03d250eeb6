/** Flags that people know from elsewhere and that are not taken here: what to do instead. */

const SSH_ARGS = 'write it into ~/.ssh/config, which is read; see docs/reference.md';
const VAULT =
  'secrets are named under `secrets:` of a runbook or an inventory, from a variable, a file or a command';

const INSTEAD: Readonly<Record<string, string>> = {
  '--ask-pass':
    'log in with a key or an agent; a passphrase is asked for, and what a server asks for is asked for, too',
  '--connection-password-file': 'log in with a key or an agent: no password of an account is kept',
  '--ssh-common-args': SSH_ARGS,
  '--ssh-extra-args': SSH_ARGS,
  '--sftp-extra-args': 'no sftp is used; options of the connection belong into ~/.ssh/config',
  '--scp-extra-args': 'no scp is used; options of the connection belong into ~/.ssh/config',
  '--connection': 'write `connection: local` for the host into the inventory',
  '--ask-vault-pass': VAULT,
  '--ask-vault-password': VAULT,
  '--vault-id': VAULT,
  '--vault-password-file': VAULT,
  '--vault-pass-file': VAULT,
  '--key-file': 'use --private-key',
  '--module-path': 'tasks of your own are found in tasks/ of the project',
  '--module-name': 'use `run exec <inventory> -- <command>`, or a runbook for any other task',
  '--args': 'use `run exec <inventory> -- <command>`',
  '--background': 'commands are watched to their end, also through cut connections',
  '--poll': 'commands are watched to their end, also through cut connections',
  '--flush-cache': 'nothing is remembered between runs',
  '--force-handlers': 'handlers run also after a failure',
  '--list-tags': 'use --list-steps: it names the tags of each step',
};

const SHORT: Readonly<Record<string, string>> = {
  '-k': '--ask-pass',
  '-c': '--connection',
  '-J': '--ask-vault-pass',
  '-M': '--module-path',
  '-m': '--module-name',
  '-a': '--args',
  '-B': '--background',
  '-P': '--poll',
};

export const REFUSED_FLAGS: readonly string[] = [...Object.keys(INSTEAD), ...Object.keys(SHORT)];

/** What to do instead of this flag, given as it was typed; undefined for a flag that nobody knows. */
export function refusedFlag(raw: string): string | undefined {
  const name = SHORT[raw] ?? raw;
  return Object.hasOwn(INSTEAD, name) ? INSTEAD[name] : undefined;
}
