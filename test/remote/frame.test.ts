/** The reader of frames: exact bytes between frames, however they are cut into chunks. */
import { createFrameReader, type Frame } from '../../lib/remote/frame.ts';
import { assert, suite } from '../suite.ts';

const test = suite('frame');
const NONCE = '0123456789abcdef0123456789abcdef';

function readAll(text: string, size: number): { data: string; frames: Frame[] } {
  const seen = { data: '', frames: [] as Frame[] };
  const push = createFrameReader(NONCE, {
    data: (chunk) => {
      seen.data += chunk.toString('latin1');
    },
    frame: (frame) => seen.frames.push(frame),
  });
  const bytes = Buffer.from(text, 'latin1');
  for (let at = 0; at < bytes.length; at += size) push(bytes.subarray(at, at + size));
  return seen;
}

test('frames are taken out and every other byte stays, at every chunk size', () => {
  const mark = `\n${NONCE}:7:r.file`;
  const text = `motd\n\n${mark}:B:\nno end of line${mark}:E:0\n\n${NONCE}\n\n${NONCE.slice(0, 9)}\0\xff\n.`;
  for (let size = 1; size <= text.length; size += 1) {
    const { data, frames } = readAll(text, size);
    assert.is(data, `motd\n\nno end of line\n${NONCE}\n\n${NONCE.slice(0, 9)}\0\xff\n.`);
    assert.equal(
      frames.map((frame) => `${frame.job} ${frame.tag} ${frame.letter} ${frame.value}`),
      ['7 r.file B ', '7 r.file E 0'],
    );
  }
});

test('output streams at once: only what may begin a frame is held back', () => {
  const seen: string[] = [];
  const push = createFrameReader(NONCE, {
    data: (chunk) => seen.push(chunk.toString()),
    frame: () => undefined,
  });
  push(Buffer.from('50 %\r'));
  assert.equal(seen, ['50 %\r']);
  push(Buffer.from('line\n'));
  assert.equal(seen, ['50 %\r', 'line']);
  push(Buffer.from('next'));
  assert.is(seen.join(''), '50 %\rline\nnext');
});
