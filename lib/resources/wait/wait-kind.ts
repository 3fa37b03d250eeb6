/** What is waited for, looked at once, or by the host itself until it is as wanted or the time is over. */
import type { Printed } from '../../base/bytes.ts';
import { join, type Sh, sh } from '../../base/sh.ts';
import type { Key } from '../../model/key.ts';
import type { Kind, Reading, State, Want } from '../../model/kind.ts';
import { type CommandSpec, world } from '../command/command-text.ts';
import type { Origin } from '../network/network-ask.ts';
import { tcpState } from '../network/network-outcome.ts';
import { connection } from '../network/network-probe.ts';

export type Look =
  | { readonly kind: 'port'; readonly to: string; readonly port: number; readonly origin: Origin }
  | { readonly kind: 'file'; readonly path: string; readonly contains?: string | undefined }
  | { readonly kind: 'command'; readonly spec: CommandSpec; readonly status: number };

export interface WaitHint {
  readonly look: Look;
  /** Left out: it is looked at once. */
  readonly until?: { readonly there: boolean; readonly ms: number; readonly intervalMs: number };
}

export interface WaitState extends State {
  /** It is there: the port takes connections, the file is there and holds that, the command has ended so. */
  readonly there: boolean;
  /** What was seen, for people. */
  readonly seen: string;
}

/** One look may take that long: a command that takes longer counts as not there yet. */
export const LOOK_MS = 20_000;
const SEEN = 400;

export const waitKind: Kind<WaitState, WaitHint> = {
  name: 'wait',
  limitMs: 4 * LOOK_MS,
  absent: { exists: false, there: false, seen: 'nothing' },
  read: (wants) =>
    join([
      // Where there is no room for a file, what is said of it is lost, and nothing else.
      sh`tb_d=$(mktemp -d 2>/dev/null) || tb_d=; trap '[ -z "$tb_d" ] || rm -rf "$tb_d"' EXIT; trap 'exit 143' TERM`,
      sh`tb_o=\${tb_d:+$tb_d/o}; tb_o=\${tb_o:-/dev/null}`,
      sh`tb_now() { read -r tb_n tb_m </proc/uptime && tb_n=\${tb_n%.*}; }; tb_now; tb_0=$tb_n`,
      ...wants.map(({ hint }, index) => (hint ? wantText(hint, index) : sh`:`)),
    ]),
  parse: (out, wants) => wants.map((want, index) => reading(out, want, index)),
};

/** Each wait counts from the begin of the read, so that several are over when the longest is. */
function wantText({ look, until }: WaitHint, index: number): Sh {
  const end = sh`printf '\\n@%s %s %s\\n' ${index} "$tb_r" "$tb_w"; [ "$tb_o" = /dev/null ] || tail -c ${SEEN} "$tb_o" 2>/dev/null | sed 's/^/ /'`;
  if (!until) return join([sh`tb_l=${LOOK_MS / 1000}; : >"$tb_o"`, lookText(look), end]);
  const { there, ms, intervalMs } = until;
  const wanted = there ? sh`[ "$tb_w" = yes ]` : sh`[ "$tb_w" = no ]`;
  const pause = intervalMs / 1000;
  return join([
    sh`while :; do tb_now; tb_l=$((${Math.ceil(ms / 1000)} - tb_n + tb_0)); [ $tb_l -le ${LOOK_MS / 1000} ] || tb_l=${LOOK_MS / 1000}; [ $tb_l -ge 2 ] || tb_l=2; : >"$tb_o"`,
    lookText(look),
    sh`${wanted} && break; tb_now; [ $((tb_n - tb_0)) -lt ${Math.ceil(ms / 1000)} ] || break; sleep ${pause} 2>/dev/null || sleep ${Math.ceil(pause)}; done`,
    end,
  ]);
}

/** One look: `tb_w` is yes, no or why nobody can tell, `tb_r` a status. It may take `$tb_l` seconds. */
function lookText(look: Look): Sh {
  switch (look.kind) {
    case 'port':
      return sh`{ ${connection(look.origin, look.to, look.port)}; } >/dev/null; [ "$tb_r" = 0 ] && tb_w=yes || tb_w=no; [ -n "$tb_x" ] || tb_w=tool; printf '@tool %s\\n@rc %s\\n' "$tb_x" "$tb_r" >>"$tb_o"`;
    case 'file':
      return fileText(look.path, look.contains);
    case 'command':
      return sh`( ${commandText(look.spec)} ) </dev/null >"$tb_o" 2>&1; tb_r=$?; [ "$tb_r" = ${look.status} ] && tb_w=yes || tb_w=no`;
  }
}

function fileText(path: string, contains: string | undefined): Sh {
  const there = sh`tb_r=0; if [ -e ${path} ] || [ -h ${path} ]; then tb_w=yes; else tb_w=no tb_r=1; fi`;
  if (contains === undefined) return there;
  return sh`${there}; if [ "$tb_w" = yes ]; then if [ -d ${path} ]; then tb_w=unreadable; else grep -aE -q -e ${contains} -- ${path} 2>"$tb_o"; tb_r=$?; case $tb_r in 0) ;; 1) tb_w=no ;; *) [ -e ${path} ] && tb_w=unreadable || tb_w=no ;; esac; fi; fi`;
}

function commandText(spec: CommandSpec): Sh {
  const words = 'argv' in spec.run ? spec.run.argv : ['/bin/sh', '-c', spec.run.shell];
  return sh`${world(spec)}; if command -v timeout >/dev/null; then exec timeout "$tb_l" ${words}; else exec ${words}; fi`;
}

function reading(out: Printed, { key, hint }: Want<WaitHint>, index: number): Reading<WaitState> {
  const text = out.toString('utf8');
  const [mark, rc, word] = new RegExp(`^@${index} (\\d+) (\\w+)$`, 'm').exec(text) ?? [];
  if (mark === undefined || !hint) return { key, unreadable: 'the look at it was cut short' };
  const from = text.indexOf(mark) + mark.length + 1;
  const next = text.indexOf(`\n@${index + 1} `, from);
  const said = text
    .slice(from, next === -1 ? undefined : next)
    .replace(/^ /gm, '')
    .trim();
  if (word === 'tool')
    return { key, unreadable: 'nothing on this host can open a TCP connection so: install netcat-openbsd' };
  if (word === 'unreadable') return { key, unreadable: said === '' ? 'it is a folder' : lastOf(said) };
  const there = word === 'yes';
  return { key, state: { exists: true, there, seen: seen(hint.look, there, Number(rc), said) } };
}

function seen(look: Look, there: boolean, rc: number, said: string): string {
  if (look.kind === 'port') return there ? 'it takes connections' : portWords(said);
  if (look.kind === 'command') {
    // As coreutils and busybox end it.
    if ((rc === 124 || rc === 143) && !there) return 'it took too long';
    return `status ${rc}${said === '' ? '' : `: ${lastOf(said)}`}`;
  }
  if (look.contains === undefined) return there ? 'it is there' : 'it is not there';
  if (there) return 'a line matches';
  return rc === 1 ? 'no line matches, or it is not there' : 'it is not there';
}

const PORT_WORDS = {
  open: 'it takes connections',
  refused: 'refused: nothing listens there',
  timeout: 'nothing comes back',
  unreachable: 'it cannot be reached',
} as const;

function portWords(said: string): string {
  const { outcome, error } = tcpState(said);
  return outcome === 'error' ? error || 'no connection' : PORT_WORDS[outcome];
}

function lastOf(text: string): string {
  return text.split('\n').at(-1)?.trim() ?? '';
}

export function waitKey(name: string): Key {
  return `wait:${name}`;
}
