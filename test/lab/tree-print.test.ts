/** What stands in files of hosts that are alike and still differs: it is masked before they are compared. */
import { masksOf } from '../../lib/lab/tree-print.ts';
import { assert, suite } from '../suite.ts';

const test = suite('masks of a host’s files');
const lab = { id: 'tb0000', root: '/x', cacheDir: '/y', net: '198.18.7', driver: 'container' as const };
const masked = (text: string): string =>
  masksOf(lab, 'ssh-ed25519 AAAA lab').reduce((done, [pattern, word]) => done.replace(pattern, word), text);

test('the day on which an account was made, and nothing else of its line', () => {
  assert.is(
    masked('root:*:20000:0:99999:7:::\nnora:!:20415:0:99999:7:::\nfrr:!:20414::::::\n'),
    'root:*:(day):0:99999:7:::\nnora:!:(day):0:99999:7:::\nfrr:!:(day)::::::\n',
  );
  assert.is.not(masked('nora:!:20415:0:99999:7:::\n'), masked('nora:$y$j:20415:0:99999:7:::\n'));
  assert.is.not(masked('nora:!:20415:0:99999:7:::\n'), masked('nora:!:20415:0:90:7:::\n'));
  assert.is(
    masked('nora:x:10000:10000:Nora:/home/nora:/bin/sh\n'),
    'nora:x:10000:10000:Nora:/home/nora:/bin/sh\n',
  );
});

test('keys of WireGuard, the key and the addresses of the lab', () => {
  assert.is(
    masked(`PublicKey = ${'a'.repeat(43)}=\nssh-ed25519 AAAA lab\n198.18.7.11\n`),
    'PublicKey = (key)\n(key of the lab)\n198.18.N.11\n',
  );
});
