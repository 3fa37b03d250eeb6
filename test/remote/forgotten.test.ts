/** A stretch whose journal is not to be found: it never began, or others have written since and taken it away. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sh } from '../../lib/base/sh.ts';
import { type JournalLook, journalText } from '../../lib/remote/apply-recover.ts';
import { assert, suite } from '../suite.ts';

const test = suite('forgotten journals');

/** First word of the answer, and whether a journal was put there. */
function look(
  shell: readonly string[],
  tickets: Readonly<Record<string, string>>,
  how: JournalLook,
): readonly [string, boolean] {
  const state = mkdtempSync(join(tmpdir(), 'tightbeam-forgotten-'));
  try {
    mkdirSync(join(state, 'lock'));
    for (const [number, run] of Object.entries(tickets))
      writeFileSync(join(state, 'lock', number), `run ${run}\nname a\nfree\n`);
    const [program = '', ...args] = shell;
    const script = journalText(sh`"$TB_STATE"/runs/r/1`, 0, how);
    const env = { ...process.env, TB_STATE: state };
    const { stdout, stderr } = spawnSync(program, args, { input: script.text, encoding: 'latin1', env });
    assert.is(stderr, '');
    return [stdout.trim(), existsSync(join(state, 'runs/r/1/journal'))];
  } finally {
    rmSync(state, { recursive: true });
  }
}

for (const shell of [['dash'], ['busybox', 'sh']] as const) {
  const sent = (top: number | undefined): JournalLook => ({ takes: true, sent: { run: 'r', top } });
  test(`${shell.join(' ')}: by the number of the lock, and by who has drawn it`, () => {
    // Nothing is known to have been sent.
    assert.equal(look(shell, { 7: 'other' }, { takes: true }), ['never', true]);
    // Nobody has drawn since.
    assert.equal(look(shell, { 7: 'other' }, sent(7)), ['never', true]);
    assert.equal(look(shell, {}, sent(0)), ['never', true]);
    // Its own script has, and went no further.
    assert.equal(look(shell, { 7: 'other', 8: 'r' }, sent(7)), ['never', true]);
    // Others have; whether it had begun before nobody can tell.
    assert.equal(look(shell, { 8: 'r', 10: 'other' }, sent(7)), ['unknown', false]);
    assert.equal(look(shell, { 1: 'other' }, sent(undefined)), ['unknown', false]);
  });
}
