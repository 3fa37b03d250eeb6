/** Answers of a host about its FRR: what cannot be known is not taken for nothing. */
import { type FrrState, frrKind, NO_FRR } from '../../lib/resources/frr/frr-kind.ts';
import { assert, suite } from '../suite.ts';

const test = suite('frr-kind');
const SUM = 'ab'.repeat(32);

function read(text: string): FrrState | string {
  const [found] = frrKind.parse(Buffer.from(text), [{ key: 'frr:running' }]);
  if (!found) throw new Error('no reading');
  return 'unreadable' in found ? found.unreadable : found.state;
}

const head = '@daemons\nzebra\nstaticd\nwatchfrr\nospfd\nbgpd\nospfd\n@version frr version 10.2.1\n';
const running = { ...NO_FRR, exists: true, version: '10.2.1', daemons: ['bgpd', 'ospfd'] };

test('none, cut short, out of reach', () => {
  assert.equal(read('@none\n@end\n'), NO_FRR);
  assert.is(read('@none\n'), 'the answer broke off');
  assert.is(read(''), 'the answer broke off');
  assert.is(read(`${head}@same ${SUM}\n`), 'the answer broke off');
  assert.is(read('@failed Exiting: no\n'), 'FRR runs, and vtysh cannot reach it: Exiting: no');
});

test('equal checksums, a difference, none found', () => {
  assert.equal(read(`${head}@same ${SUM}\n@end\n`), { ...running, file: SUM, loaded: SUM });
  const asked = (known: string, test: string): string =>
    `${head}@host roz\n@known\n${known}@test\n${test}\n@file ${SUM}\n@status 0\n@end\n`;
  const add = 'Lines To Add\n============\nrouter bgp 1\n no bgp ebgp-requires-policy\n';
  assert.equal(read(asked('', add)), {
    ...running,
    file: SUM,
    missing: 'router bgp 1\n no bgp ebgp-requires-policy\n',
  });
  assert.equal(read(asked(add, add)), { ...running, file: SUM, loaded: SUM });
  assert.equal(read(asked('', '')), { ...running, file: SUM, loaded: SUM });
});

test('a file that vtysh refuses, and one that is not there, are not what runs', () => {
  const refused = `${head}@host roz\n@known\n@test\nvtysh failed to process new configuration\n\n@file ${SUM}\n@status 1\n@end\n`;
  assert.equal(read(refused), { ...running, file: SUM });
  assert.equal(read(`${head}@differs\n@end\n`), running);
});
