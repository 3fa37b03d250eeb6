/** Text of jobs, run as it stands by both shells. */
import { spawnSync } from 'node:child_process';
import { sh } from '../../lib/base/sh.ts';
import { backgroundText, groupText, partsText } from '../../lib/remote/read-text.ts';
import { assert, suite } from '../suite.ts';

const test = suite('text of jobs');

for (const shell of [['dash'], ['busybox', 'sh']] as const) {
  test(`${shell.join(' ')}: a job that has ended itself says nothing outside its frames`, () => {
    const name = { nonce: 'abc', job: 1 };
    const parts = [{ tag: 'a', script: sh`echo out; echo err >&2`, limitMs: 1000 }];
    const text = backgroundText([groupText(name, partsText(name, parts), sh`7`)]);
    const [program, ...args] = shell;
    // The shell waits for its job, as a supervisor does that stays.
    const { stdout, stderr } = spawnSync(program, args, { input: `${text.text}\nwait\n`, encoding: 'utf8' });
    assert.is(stderr, '\nabc:1:a:B:\nerr\n\nabc:1:a:E:0\n\nabc:1::E:137\n');
    assert.match(stdout, /^\nabc:1::J:\d+\n\nabc:1:a:B:\nout\n\nabc:1:a:E:0\n\nabc:1::E:137\n$/);
  });
}
