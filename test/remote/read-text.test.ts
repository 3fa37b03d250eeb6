/** Text of jobs, run as it stands by both shells. */
import { spawn, spawnSync } from 'node:child_process';
import { type Sh, sh } from '../../lib/base/sh.ts';
import { farewellText, lookGroupText, lookText, partsText } from '../../lib/remote/read-text.ts';
import { assert, suite } from '../suite.ts';

const test = suite('text of jobs');

for (const shell of [['dash'], ['busybox', 'sh']] as const) {
  test(`${shell.join(' ')}: a job that has ended itself says nothing outside its frames`, () => {
    const name = { nonce: 'abc', job: 1 };
    const parts = [{ tag: 'a', script: sh`echo out; echo err >&2`, limitMs: 1000 }];
    const text = lookText([lookGroupText(name, partsText(name, parts), sh`7`)]);
    const [program, ...args] = shell;
    // The shell waits for its job, as a supervisor does that stays.
    const { stdout, stderr } = spawnSync(program, args, { input: `${text.text}\nwait\n`, encoding: 'utf8' });
    assert.is(stderr, '\nabc:1:a:B:\nerr\n\nabc:1:a:E:0\n\nabc:1::E:137\n');
    assert.match(stdout, /^\nabc:1::J:\d+\n\nabc:1:a:B:\nout\n\nabc:1:a:E:0\n\nabc:1::E:137\n$/);
  });

  test(`${shell.join(' ')}: a job that only looks ends with the supervisor, and one that ended before is left alone`, async () => {
    const odd = String(90_000 + process.pid);
    const job = (number: number, script: Sh): string => {
      const name = { nonce: 'abc', job: number };
      const parts = [{ tag: 'a', script, limitMs: 1000 }];
      return `${lookText([lookGroupText(name, partsText(name, parts), sh`7`)]).text}\n`;
    };
    const [program, ...args] = shell;
    const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'ignore'] });
    const begun = new Promise<void>((resolve) => {
      let text = '';
      child.stdout.on('data', (chunk) => {
        text += chunk;
        if (text.includes('begun')) resolve();
      });
    });
    child.stdin.write(`${farewellText().text}\n${job(1, sh`:`)}${job(2, sh`echo begun; sleep ${odd}`)}`);
    await begun;
    const sleeps = (): boolean => spawnSync('pgrep', ['-x', '-f', `sleep ${odd}`]).status === 0;
    assert.ok(sleeps());
    const ended = new Promise((resolve) => child.on('close', resolve));
    child.stdin.end();
    await ended;
    for (let tries = 0; tries < 50 && sleeps(); tries += 1) await new Promise((wake) => setTimeout(wake, 20));
    assert.not.ok(sleeps());
  });
}
