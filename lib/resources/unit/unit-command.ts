/** Shell text that acts on a unit, and tells what its journal says when that fails. */
import { join, type Sh, sh } from '../../base/sh.ts';

export type UnitVerb =
  | 'daemon-reload'
  | 'unmask'
  | 'enable'
  | 'disable'
  | 'stop'
  | 'mask'
  | 'start'
  | 'restart'
  | 'reload-or-restart';

/** Prints the last lines of the unit's journal; never fails. */
export function unitJournal(unit: string): Sh {
  return sh`printf 'the last lines of its journal:\\n'; journalctl -u ${unit} -n 20 --no-pager -o short-iso 2>&1 || :`;
}

/** The verbs one after another; the first that fails ends it with its status. `seconds`: for how long a start is waited for. */
export function unitScript(unit: string, verbs: readonly UnitVerb[], seconds?: number): Sh {
  return join([...verbs.map((verb) => line(unit, verb, seconds)), sh`:`]);
}

function line(unit: string, verb: UnitVerb, seconds?: number): Sh {
  if (verb === 'daemon-reload') return sh`systemctl daemon-reload || exit $?`;
  if (verb === 'start' || verb === 'restart' || verb === 'reload-or-restart') {
    // A unit that was started too often lately refuses to start until its count is reset.
    return sh`systemctl reset-failed ${unit} 2>/dev/null || :
${seconds === undefined ? sh`` : sh`timeout ${seconds} `}systemctl ${verb} ${unit} || { tb_rc=$?; ${unitJournal(unit)}; exit $tb_rc; }`;
  }
  return sh`systemctl ${verb} ${unit} || exit $?`;
}
