/** Commands that people are told to type survive a shell. */
import { execFileSync } from 'node:child_process';
import { shellWord } from '../../lib/base/shell-word.ts';
import { assert, suite } from '../suite.ts';

const test = suite('shell word');

test('plain words stay plain, all others come through a shell as they were', () => {
  assert.is(shellWord('/srv/a-b_c.d:1,2'), '/srv/a-b_c.d:1,2');
  for (const word of ['my project/known_hosts', "it's", '$HOME', '~root', 'a;b', 'é', '', '*']) {
    assert.is(execFileSync('sh', ['-c', `printf %s ${shellWord(word)}`], { encoding: 'utf8' }), word);
  }
});
