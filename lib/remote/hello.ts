/** The first thing a session says: its world is set up, and who we are on that host is told. */
import { RunError } from '../base/error.ts';
import { join, type Sh, sh } from '../base/sh.ts';
import type { Hello, Target } from './contract.ts';
import { printFrame } from './frame.ts';
import { TOP } from './lock-text.ts';

/** What reads, changes and the protocol itself cannot do without, all in GNU's and busybox's sets. */
export const REQUIRED_TOOLS: readonly string[] = [
  'setsid', 'stat', 'sha256sum', 'head', 'tail', 'readlink', 'mktemp', 'id', 'cat', 'mkdir', 'rm', 'mv', 'chmod',
  'chown', 'sleep', 'wc', 'base64', 'tr',
]; // biome-ignore format: a list of words

const PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** The world of every part and change; also typed to shells of other accounts, which start from a world of their own. */
export function worldText(locale: Sh = sh`C`): Sh {
  return sh`PATH=${PATH} LC_ALL=${locale}; export PATH LC_ALL; umask 022; cd /`;
}

/**
 * First text of the supervisor. `id -u` asks no name service, so it may run in the foreground; nothing is written.
 * TB_STATE is known to all jobs from here on.
 */
export function preambleText(): Sh {
  return join([
    sh`unset ENV BASH_ENV CDPATH LANG LANGUAGE TMPDIR OLDPWD`,
    worldText(),
    sh`tbu=$(id -u); case $tbu in 0) TB_STATE=/var/lib/tightbeam ;; *) TB_STATE=\${HOME:-/}/.local/state/tightbeam ;; esac`,
    sh`export TB_STATE`,
  ]);
}

/** Statement that prints the H frame: uid, user, login, missing tools, number of the last who wrote, whether something waits to be confirmed, state folder. In the background of the supervisor. */
export function helloText(nonce: string): Sh {
  const frame = printFrame(
    { nonce, job: 0 },
    'H',
    sh`"$tbu|$(id -un)|\${SUDO_USER:-\${DOAS_USER:-}}|$tbm|$tbh|$tbp|$TB_STATE"`,
  );
  return sh`tbm=; for tbt in ${REQUIRED_TOOLS}; do command -v $tbt >/dev/null 2>&1 || tbm="$tbm $tbt"; done; ${TOP}; tbp=; for tbf in "$TB_STATE"/revert/*/until; do [ ! -e "$tbf" ] || tbp=1; done; ${frame}`;
}

/** Hello, and the number of the last who wrote to the host; 0 when nobody has. */
export interface Greeting {
  readonly hello: Hello;
  readonly lock: number;
}

/** The H frame's value; throws RunError `failed` when the host lacks tools that everything needs. */
export function parseHello(value: string, target: Target): Greeting {
  const [uid = '', user = '', login = '', missing = '', lock = '', unconfirmed = '', ...state] =
    value.split('|');
  const lacking = missing.split(' ').filter((tool) => tool !== '');
  if (lacking.length > 0) {
    throw new RunError('failed', `${target.name} lacks ${lacking.join(', ')}`, {
      hint: `install ${lacking.join(', ')} there (coreutils and util-linux, or a busybox that has them)`,
    });
  }
  return {
    hello: {
      uid: Number(uid),
      user,
      login: login || (target.become && target.user) || user,
      stateDir: state.join('|'),
      ...(unconfirmed === '' ? {} : { unconfirmed: true as const }),
    },
    lock: Number(lock),
  };
}
