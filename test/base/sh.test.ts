import { execFileSync } from 'node:child_process';
import { toBytes } from '../../lib/base/bytes.ts';
import { quoteBytes, sh } from '../../lib/base/sh.ts';
import { assert, suite } from '../suite.ts';

const test = suite('sh');

test('quotes what strings hold and splices shell text', () => {
  assert.is(sh`mv -- ${"it's"} ${sh`"$x"`}`.text, `mv -- 'it'\\''s' "$x"`);
  assert.is(sh`chown ${['a b', 'c']}`.text, "chown 'a b' c");
});

test('every byte but NUL survives dash and busybox ash', () => {
  const bytes = toBytes(Buffer.from(Array.from({ length: 255 }, (_, index) => index + 1)));
  for (const shell of [['dash'], ['busybox', 'sh']]) {
    const [command = '', ...args] = shell;
    const out = execFileSync(command, args, {
      input: Buffer.from(`printf %s ${quoteBytes(bytes).text}`, 'latin1'),
    });
    assert.is(out.toString('latin1'), bytes);
  }
});

test('text is sent as UTF-8', () => {
  assert.is(Buffer.from(sh`echo ${'é'}`.text, 'latin1').toString('utf8'), "echo 'é'");
});

test('NUL is refused', () => {
  assert.throws(() => sh`echo ${'a\0b'}`, /NUL/);
});
