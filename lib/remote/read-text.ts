/** Text of read jobs: parts in frames, each evaluated where it can harm nobody else. */
import { RunError } from '../base/error.ts';
import { join, quoteBytes, quoteSecret, type Sh, sh } from '../base/sh.ts';
import type { Part } from './contract.ts';
import { hereDoc, printFrame, printFrames } from './frame.ts';
import { worldText } from './hello.ts';
import { jobMark, sweepText } from './kill-text.ts';

export interface JobName {
  readonly nonce: string;
  readonly job: number;
}

/** Text of a user evaluated in a shell of its own: a syntax error, exit, exec or `set -e` ends this text alone. */
export function evalText(script: Sh): Sh {
  return sh`( ${evalInner(script)} )`;
}

/** For where a shell of its own is there already. */
export function evalInner(script: Sh): Sh {
  return sh`eval ${script.secret ? quoteSecret(script.text) : quoteBytes(script.text)}`;
}

/**
 * The same as another account. The text goes in on stdin, so `ps` does not show it; needs {@link accountText} in the
 * job. `inner` comes before the text, in the shell of that account.
 */
export function evalAsText(script: Sh, user: string, delimiter: string, inner: Sh = sh`:`): Sh {
  if (!/^[A-Za-z_][A-Za-z0-9_.-]*\$?$/.test(user)) {
    throw new RunError('invalid', `"${user}" is no name of an account`, {
      hint: 'use letters, digits, "_", "." and "-"',
    });
  }
  const body = join([worldText(), inner, sh`${evalText(script)} </dev/null`, sh`exit $?`]);
  return hereDoc(sh`( tb_as ${user} )`, delimiter, body);
}

/**
 * Shell function that becomes /bin/sh of another account, with what the host has: setpriv (nothing in between), su,
 * or sudo where we are not root ourselves. busybox's setpriv cannot change accounts, hence the trial.
 */
export function accountText(): Sh {
  return sh`tb_as() {
[ "$(id -un)" = "$1" ] && exec /bin/sh
tbg=$(id -g "$1" 2>/dev/null) || { echo "there is no account $1 on this host" >&2; exit 126; }
eval "HOME=~$1"; USER=$1 LOGNAME=$1; export HOME USER LOGNAME
if [ "$tbu" != 0 ]; then exec sudo -n -H -u "$1" -- env "TB_STATE=$TB_STATE" "TB_READ=$TB_READ" "TB_CHANGE=$TB_CHANGE" "TB_BACKUP=$TB_BACKUP" "TB_UPLOAD=$TB_UPLOAD" "TB_LOCALE=$TB_LOCALE" "DEBIAN_FRONTEND=$DEBIAN_FRONTEND" /bin/sh; fi
if setpriv --reuid "$1" --regid "$tbg" --init-groups true 2>/dev/null; then exec setpriv --reuid "$1" --regid "$tbg" --init-groups /bin/sh; fi
exec su -s /bin/sh "$1"
}
tbu=$(id -u)`;
}

/**
 * Body of a job that runs parts one after the other. After each, what it left in the background is ended before its
 * E frame, so that a late line cannot stand in the next part; at the end the whole group goes.
 */
export function partsText(name: JobName, parts: readonly Part[]): Sh {
  const lines = [sh`{`, printFrame(name, 'J', sh`$$`), sh`TB_READ=${jobMark(name)}; export TB_READ`];
  if (parts.some((part) => part.user !== undefined)) lines.push(accountText());
  parts.forEach((part, index) => {
    const tagged = { ...name, tag: part.tag };
    const run =
      part.user === undefined
        ? evalText(part.script)
        : evalAsText(part.script, part.user, `TB${name.nonce}u${index}`);
    lines.push(
      printFrames(tagged, 'B'),
      run,
      sh`tb=$?`,
      sh`trap '' TERM; kill -TERM 0; trap - TERM`,
      printFrames(tagged, 'E', sh`$tb`),
    );
  });
  lines.push(sh`kill -KILL 0`, sh`} </dev/null`);
  return join(lines);
}

/** A shell in a session of its own that runs `body` to its end, then the frames that say so. Streams: 1 and `err`. */
export function groupText(name: JobName, body: Sh, err: Sh): Sh {
  return join([
    // The redirection belongs to a shell of its own: dash keeps a plain command's for as long as it waits for it, and
    // would say "Killed" on the stream, in the middle of the next job.
    hereDoc(sh`( exec setsid /bin/sh 2>&${err} ${err}>&- )`, `TB${name.nonce}j${name.job}`, body),
    sh`tb=$?`,
    printFrames(name, 'E', sh`$tb`, err),
  ]);
}

/**
 * The same for a job that only looks: when the shell that waits for it is told to end, the whole job ends, too. It may
 * take a second to put away what it has made.
 */
export function lookGroupText(name: JobName, body: Sh, err: Sh, users: readonly string[] = []): Sh {
  return join([
    hereDoc(sh`( exec setsid /bin/sh 2>&${err} ${err}>&- )`, `TB${name.nonce}j${name.job}`, body, sh` &`),
    sh`tbg=$!; trap ${endLookText(name, users).text} TERM; wait $tbg`,
    sh`tb=$?`,
    printFrames(name, 'E', sh`$tb`, err),
  ]);
}

/**
 * Text for the supervisor: `inner` in the background. Its own stderr is kept out of the stream ("Killed" would be
 * said there); 7 is the stream. Being one compound, a text that arrives only in part runs not at all.
 */
export function backgroundText(inner: readonly Sh[]): Sh {
  return join([sh`( trap - HUP; exec 7>&2 2>/dev/null`, ...inner, sh`) </dev/null &`]);
}

function endLookText(name: JobName, users: readonly string[]): Sh {
  const mark = sh`TB_READ=${jobMark(name)}`;
  const end = (signal: Sh): Sh => {
    const own = sh`kill -${signal} -$tbg; ${sweepText(signal, mark)}`;
    const others = users.map((user) => sh`sudo -n -u ${user} -- env "tbg=$tbg" /bin/sh -c ${own.text}`);
    return others.length === 0 ? own : sh`${own}; [ "$tbu" = 0 ] || { ${join(others, '; ')}; }`;
  };
  return sh`exec >/dev/null 2>&1; ${end(sh`TERM`)}; sleep 1; ${end(sh`KILL`)}; exit`;
}

/** As {@link backgroundText}, for a job that only looks: nobody is left to hear it once the supervisor has ended. */
export function lookText(inner: readonly Sh[]): Sh {
  return join([backgroundText(inner), sh`tbr="$tbr $!"`]);
}

/**
 * What the supervisor does when its input has ended, as when we are gone without a word: jobs that only look are told
 * to end, and what is left of writes (`tb_leave`) goes its way. A number may be another process's by then, so its parent is
 * asked for first. A terminal that goes away (sudo with `use_pty`) must not end the supervisor before it has done so.
 */
export function farewellText(): Sh {
  const end =
    'tb_leave; [ -z "$tbheart" ] || kill $tbheart 2>/dev/null; for tbp in $tbr; do { read -r tb1 tb2 tb3 tb4 tb5 </proc/$tbp/stat; } 2>/dev/null && [ "$tb4" = $$ ] && kill -TERM $tbp 2>/dev/null; done';
  return sh`tbr= tbwrites= tbheart=; tb_leave() { :; }; trap '' HUP; trap ${end} EXIT`;
}
