/** Every command of the recordings against the stand-in: output and exit code, as recorded and with everything renamed. */
import { RECORDINGS, renamed, replay } from '../fixture/pve/replay.ts';
import { assert, suite } from '../suite.ts';

const test = suite('replay of pvesh');

for (const name of RECORDINGS) {
  for (const [how, change] of [
    ['as recorded', (text: string) => text],
    ['renamed', renamed],
  ] as const) {
    test(`${name}, ${how}`, async () => {
      const { calls, alike, files, digests, differences } = await replay(name, change);
      console.log(
        `${name} ${how}: ${alike} of ${calls} commands alike, ${files} files, ${digests} digests exact`,
      );
      assert.equal(differences, []);
    }, 180_000);
  }
}
