/** The limit on handshakes per address, and the waits between attempts. */
import { handshakeLimiter, type Slot } from '../../lib/remote/limiter.ts';
import { backoffMs, pause } from '../../lib/remote/retry.ts';
import { assert, suite } from '../suite.ts';

const test = suite('limiter');

/** Takes `count` places and says how many were given so far. */
function take(limiter: ReturnType<typeof handshakeLimiter>, count: number): { readonly slots: Slot[] } {
  const slots: Slot[] = [];
  for (let index = 0; index < count; index += 1) void limiter.acquire('a').then((slot) => slots.push(slot));
  return { slots };
}
const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test('no more than the limit at once, and the next as one ends', async () => {
  const { slots } = take(handshakeLimiter(2), 5);
  await settle();
  assert.is(slots.length, 2);
  slots[0]?.release();
  slots[0]?.release();
  await settle();
  assert.is(slots.length, 3);
});

test('a server that sheds load is asked for half as much, and everybody still gets a turn', async () => {
  const { slots } = take(handshakeLimiter(4), 10);
  await settle();
  slots[0]?.release(true);
  await settle();
  assert.is(slots.length, 4);
  slots[1]?.release();
  await settle();
  assert.is(slots.length, 4);
  for (let index = 2; index < 10; index += 1) {
    slots[index]?.release(index % 3 === 0);
    await settle();
  }
  assert.is(slots.length, 10);
});

test('addresses do not wait for each other', async () => {
  const limiter = handshakeLimiter(1);
  await limiter.acquire('a');
  await limiter.acquire('b');
});

test('waits double up to a maximum, with jitter to either side', () => {
  const backoff = { firstMs: 100, maxMs: 1000 };
  assert.equal(
    [0, 1, 2, 3, 4, 9].map((retry) => backoffMs(backoff, retry, 0.5)),
    [100, 200, 400, 800, 1000, 1000],
  );
  assert.is(backoffMs(backoff, 0, 0), 50);
  assert.is(backoffMs(backoff, 0, 1), 150);
});

test('an abort ends a pause', async () => {
  const abort = new AbortController();
  setTimeout(() => abort.abort(), 20);
  const started = performance.now();
  await pause(5000, abort.signal);
  assert.ok(performance.now() - started < 1000);
});
