/** --private-key: a path that leads nowhere is told before anything connects. */
import { RunError } from '../../lib/base/error.ts';
import { loginKey } from '../../lib/cli/login-key.ts';
import { assert, suite } from '../suite.ts';

const test = suite('login key');

test('a file that is not there is refused; what the session resolves is left to it', () => {
  assert.throws(
    () => loginKey('/nonexistent/key'),
    (error: unknown) => error instanceof RunError && error.code === 'invalid' && error.hint !== undefined,
  );
  assert.is(loginKey(import.meta.filename), import.meta.filename);
  assert.is(loginKey('~/.ssh/id_ed25519'), '~/.ssh/id_ed25519');
  assert.is(loginKey('%d/key'), '%d/key');
  assert.is(loginKey(undefined), undefined);
});
