/** How commands are read: their guards are asked, a query is run; each in a part of its own, so one that hangs is alone. */
import type { Printed } from '../../base/bytes.ts';
import { join, type Sh, sh } from '../../base/sh.ts';
import type { Unknown } from '../../base/unknown.ts';
import { type Key, keyId } from '../../model/key.ts';
import type { Kind, State } from '../../model/kind.ts';
import { type CommandSpec, launch, world } from './command-text.ts';

export interface CommandState extends State {
  readonly exists: true;
  /** Status of the command, where it was run; 0 where it was not. */
  readonly rc: number;
  /** The last 64 KB each of what it printed. */
  readonly stdout: string | Unknown;
  readonly stderr: string;
  /** Whether `unless` succeeded and `only_if` did; undefined without that guard. */
  readonly unless?: boolean;
  readonly onlyIf?: boolean;
  /** In a prediction: it has been run, so its guards have no more to say. */
  readonly done?: true;
  /** The folder to run in is not there. */
  readonly noFolder?: true;
}

const KEPT = 65_536;
const LIMIT_MS = 120_000;
const IDLE: CommandState = { exists: true, rc: 0, stdout: '', stderr: '' };

/** The kind of one command: named after it, as each is read by itself. */
export function commandKind(key: Key, spec: CommandSpec, query: boolean): Kind<CommandState> {
  return {
    name: `command.${keyId(key)}`,
    limitMs: LIMIT_MS,
    absent: IDLE,
    read: () => (query ? readQuery(spec) : readGuards(spec)),
    parse: (out) => {
      const state = query ? parseQuery(out) : parseGuards(out, spec);
      return [state ? { key, state } : { key, unreadable: 'its guard was cut short' }];
    },
  };
}

const NO_FOLDER = '@nofolder';

function folder(spec: CommandSpec): Sh {
  return spec.chdir === undefined
    ? sh`:`
    : sh`cd -- ${spec.chdir} 2>/dev/null || { printf '%s\\n' ${NO_FOLDER}; exit 0; }`;
}

function readGuards(spec: CommandSpec): Sh {
  const guard = (name: string, text: string): Sh =>
    sh`( ${world(spec)}; exec /bin/sh -c ${text} ) </dev/null >/dev/null 2>&1; printf '@%s %s\\n' ${name} $?`;
  return join([
    folder(spec),
    ...(spec.unless === undefined ? [] : [guard('unless', spec.unless)]),
    ...(spec.onlyIf === undefined ? [] : [guard('only_if', spec.onlyIf)]),
  ]);
}

function parseGuards(out: Printed, spec: CommandSpec): CommandState | undefined {
  const text = out.toString('latin1');
  if (text.includes(NO_FOLDER)) return { ...IDLE, noFolder: true };
  const unless = /^@unless (\d+)$/m.exec(text)?.[1];
  const onlyIf = /^@only_if (\d+)$/m.exec(text)?.[1];
  if (spec.unless !== undefined && unless === undefined) return undefined;
  if (spec.onlyIf !== undefined && onlyIf === undefined) return undefined;
  return {
    ...IDLE,
    ...(unless === undefined ? {} : { unless: unless === '0' }),
    ...(onlyIf === undefined ? {} : { onlyIf: onlyIf === '0' }),
  };
}

// Into files, not into `$(…)`: a child left in the background would hold that open for ever.
function readQuery(spec: CommandSpec): Sh {
  return sh`${folder(spec)}
tb_d=$(mktemp -d) || exit 1
trap 'rm -rf "$tb_d"' EXIT; trap 'exit 143' TERM
${launch(spec)} >"$tb_d/o" 2>"$tb_d/e"; tb_rc=$?
tb_o=$(wc -c <"$tb_d/o") tb_e=$(wc -c <"$tb_d/e")
[ "$tb_o" -le ${KEPT} ] || tb_o=${KEPT}; [ "$tb_e" -le ${KEPT} ] || tb_e=${KEPT}
printf '@ran %s %s %s\\n' "$tb_rc" $((tb_o)) $((tb_e))
tail -c ${KEPT} "$tb_d/o"; tail -c ${KEPT} "$tb_d/e"`;
}

function parseQuery(out: Printed): CommandState | undefined {
  if (out.toString('latin1', 0, NO_FOLDER.length) === NO_FOLDER) return { ...IDLE, noFolder: true };
  const head = out.subarray(0, 64).toString('latin1');
  const match = /^@ran (\d+) (\d+) (\d+)\n/.exec(head);
  if (!match) return undefined;
  const [line, rc, size, errors] = [match[0], Number(match[1]), Number(match[2]), Number(match[3])];
  const body = out.subarray(line.length);
  if (body.length < size + errors) return undefined;
  return {
    exists: true,
    rc,
    stdout: body.subarray(0, size).toString('utf8'),
    stderr: body.subarray(size, size + errors).toString('utf8'),
  };
}
