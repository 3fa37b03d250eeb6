/** Edits of a part of a file, whatever the file holds: done twice they do nothing more, and other lines stay. */
import fc from 'fast-check';
import { type Bytes, sha256, toBytes } from '../../lib/base/bytes.ts';
import { type AnyResource, PlanError } from '../../lib/model/resource.ts';
import { ABSENT_FILE, type FileState } from '../../lib/resources/file/file-state.ts';
import { lineInFile } from '../../lib/resources/file/line.ts';
import { sysctlFile } from '../../lib/resources/kernel/sysctl.ts';
import { authorizedKeys } from '../../lib/resources/user/authorized-key.ts';
import { assert, suite } from '../suite.ts';

const test = suite('edits');

function holding(content: string): FileState {
  const bytes = toBytes(content);
  const base = { ...ABSENT_FILE, exists: true, type: 'file', mode: '0644', uid: 0, gid: 0 } as const;
  return { ...base, owner: 'root', group: 'root', size: bytes.length, sha256: sha256(bytes), content: bytes };
}

const plan = (resource: AnyResource, state: FileState) =>
  resource.plan(state, () => undefined, 1)?.after as FileState | undefined;

/** The content after the edit; asserts that a second one finds nothing. */
function settled(resource: AnyResource, content: string): Bytes {
  const after = plan(resource, holding(content)) ?? holding(content);
  assert.is(plan(resource, after), undefined, JSON.stringify([content, after.content]));
  return after.content as Bytes;
}

const lines = (word: fc.Arbitrary<string>) =>
  fc
    .tuple(fc.array(word, { maxLength: 8 }), fc.boolean())
    .map(([list, open]) => (list.length === 0 ? '' : `${list.join('\n')}${open ? '' : '\n'}`));

test('a line', () => {
  const word = fc.constantFrom('a', 'a1', '#a', 'b', '', ' a', 'é', 'c = 1');
  const pattern = fc.option(fc.constantFrom('^a', '^#?a', '^$', 'a', 'x', '^é'), { nil: undefined });
  fc.assert(
    fc.property(lines(word), word, pattern, pattern, fc.boolean(), (content, line, match, anchor, absent) => {
      const after = settled(lineInFile('/f', { line, match, after: anchor, absent }), content);
      if (!absent)
        assert.ok(`\n${after}`.includes(`\n${toBytes(line)}`), JSON.stringify([content, line, after]));
    }),
    { numRuns: 2000 },
  );
});

test('kernel parameters', () => {
  const word = fc.constantFrom(
    'kernel.panic = 1',
    'kernel/panic=2',
    '-kernel.panic=3',
    '# kernel.panic=4',
    '',
    'vm.swappiness=1',
    'junk',
  );
  fc.assert(
    fc.property(lines(word), fc.option(fc.constantFrom('1', '5'), { nil: undefined }), (content, value) => {
      const after = settled(sysctlFile('/f', { 'kernel.panic': value }), content);
      const set = after.split('\n').filter((line) => /^-?kernel.panic/.test(line));
      assert.is(set.length, value === undefined ? 0 : 1);
      for (const kept of ['# kernel.panic=4', 'vm.swappiness=1', 'junk']) {
        const count = (text: string) => text.split('\n').filter((line) => line === kept).length;
        assert.is(count(after), count(content));
      }
    }),
    { numRuns: 1000 },
  );
});

test('keys', () => {
  const [ann, bob] = ['ssh-ed25519 AAAAann ann', 'ssh-rsa AAAAbob bob'];
  const word = fc.constantFrom(ann, bob, 'restrict ssh-ed25519 AAAAann', '# note', '', 'junk');
  fc.assert(
    fc.property(lines(word), fc.boolean(), fc.boolean(), (content, exclusive, absent) => {
      const [resource] = authorizedKeys({ user: 'root', keys: [ann], path: '/f', exclusive, absent });
      if (!resource) throw new Error('no resource');
      const after = settled(resource, content);
      const count = (text: string, part: string) => text.split(part).length - 1;
      assert.is(count(after, 'AAAAann'), absent ? 0 : 1);
      if (!exclusive || absent) assert.is(count(after, bob), count(content, bob));
      else assert.is(count(after, bob), 0);
      assert.is(count(after, '# note'), count(content, '# note'));
    }),
    { numRuns: 1000 },
  );
});

test('a secret that another step writes cannot be edited', () => {
  const { content: _, ...hidden } = holding('x');
  assert.throws(
    () => plan(lineInFile('/f', { line: 'a' }), hidden),
    (error: unknown) => error instanceof PlanError && /secret/.test(error.message),
  );
});
