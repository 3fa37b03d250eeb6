/** No event leaves with a secret in it. */
import { createHash } from 'node:crypto';
import { fingerprint } from '../../lib/base/fingerprint.ts';
import { Secret } from '../../lib/base/secret.ts';
import { createMask, maskSecrets } from '../../lib/engine/mask.ts';
import { createSeal, passingSeal } from '../../lib/engine/review/seal.ts';
import type { RunEvent } from '../../lib/model/event.ts';
import type { Difference } from '../../lib/model/resource.ts';
import { refuseCanary } from '../fixture/canary.ts';
import { withFleet } from '../fixture/engine.ts';
import { assert, suite } from '../suite.ts';

const test = suite('masks');

const step = (message: string): RunEvent => ({
  kind: 'step',
  host: 'a',
  step: 's',
  status: 'failed',
  handler: false,
  failure: { message, output: `x ${message}`, diff: [{ kind: 'field', name: 'n', from: message, to: '' }] },
});

function masked(secrets: readonly Secret[], message: string): string {
  const events: RunEvent[] = [];
  maskSecrets((event) => events.push(event), secrets)(step(message));
  return JSON.stringify(events);
}

test('everywhere in an event, the longer secret first, with and without its line end', () => {
  const secrets = [new Secret('short', 'hush'), new Secret('long', 'hush-hush\n')];
  const text = masked(secrets, 'before hush-hush after hush');
  assert.not.match(text, /hush/);
  assert.is(text.split('‹secret long›').length, 4);
  assert.is(text.split('‹secret short›').length, 4);
});

test('each line of a secret of several lines, as output shows lines by themselves', () => {
  const text = masked([new Secret('key', 'BEGIN\nabcdefgh12345678\nEND\n')], 'line abcdefgh12345678 of it');
  assert.not.match(text, /abcdefgh12345678/);
});

const CANARIES = [
  'canary-7d1f/93+aa=bc',
  'pa ss"wörd\\ü&<%$\'x',
  [
    '-----BEGIN KEY-----',
    'b3BlbnNzaC1rZXktdjEAAAAABG5vbmUAAAAEbm9uZQAAAAAAAAABAAAAMw',
    'AAAtzc2gtZWQyNTUxOQ',
    '',
  ].join('\n'),
];

/** Encoded by other hands than those that look for it. */
const ENCODINGS: Readonly<Record<string, (text: string) => string>> = {
  raw: (text) => text,
  json: (text) => JSON.stringify({ text }),
  'json of json': (text) => JSON.stringify(JSON.stringify({ text })),
  base64: (text) => Buffer.from(text).toString('base64'),
  'base64 without padding': (text) => Buffer.from(`${text}.`).toString('base64').replaceAll('=', ''),
  'base64 after one byte': (text) => Buffer.from(`x${text}.y`).toString('base64'),
  'base64 after two bytes': (text) => Buffer.from(`xy${text}.z`).toString('base64'),
  'base64url after one byte': (text) => Buffer.from(`x${text}>>`).toString('base64url'),
  'base64 in lines': (text) =>
    wrapped(Buffer.from(`${'-'.repeat(41)}${text}${'+'.repeat(90)}`).toString('base64'), 76),
  'base64 in narrow lines': (text) => wrapped(Buffer.from(`${'-'.repeat(22)}${text}`).toString('base64'), 30),
  hex: (text) => Buffer.from(text).toString('hex'),
  'hex in capitals': (text) => Buffer.from(`xx${text}`).toString('hex').toUpperCase(),
  'hex in lines': (text) => wrapped(Buffer.from(`xx${text}`).toString('hex'), 60),
  url: (text) => encodeURIComponent(text),
  'url in small letters': (text) =>
    encodeURIComponent(text).replace(/%[0-9A-F]{2}/g, (code) => code.toLowerCase()),
  checksum: (text) => createHash('sha256').update(text).digest('hex'),
  'sum of the file': (text) => `${createHash('sha256').update(`${text}\n`).digest('hex')}  /etc/x`,
};

function wrapped(text: string, width: number): string {
  return text.replace(new RegExp(`.{${width}}`, 'g'), '$&\n');
}

for (const [name, encode] of Object.entries(ENCODINGS))
  test(`in the form: ${name}`, () => {
    for (const secret of CANARIES) {
      const text = masked([new Secret('canary', secret)], `before ${encode(secret)} after`);
      refuseCanary(name, text, secret);
      assert.match(text, /before ‹secret canary›|before [^‹]*‹secret canary›/);
      assert.match(text, /after/);
    }
  });

test('what is made of a secret on the way is one, too: decoded, cut, in other case', () => {
  const secret = new Secret('canary', 'Canary-Zeta-4711');
  secret.derive('canary-zeta-4711');
  const mask = createMask([secret]);
  assert.is(mask('x canary-zeta-4711 y'), 'x ‹secret canary› y');
  secret.derive('Zeta');
  assert.is(mask('x Zeta y'), 'x ‹secret canary› y');
  const coded = new Secret('coded', Buffer.from('inner-canary-0815').toString('base64'));
  assert.is(createMask([coded])('x inner-canary-0815 y'), 'x ‹secret coded› y');
});

test('words of the engine stay what they are, whatever a secret is', () => {
  const events: RunEvent[] = [];
  maskSecrets((event) => events.push(event), [new Secret('s', 'failed')])(step('it failed'));
  const [event] = events;
  assert.ok(event?.kind === 'step' && event.status === 'failed');
  assert.is(event.failure?.message, 'it ‹secret s›');
});

const SUMS = ['a', 'b'].map((text) => createHash('sha256').update(text).digest('hex'));
const [A, B] = SUMS.map(fingerprint) as [string, string];
const DIFFS: readonly Difference[] = [
  { kind: 'secret', name: 'psk', from: A, to: B },
  { kind: 'secret', name: 'psk', from: null, to: A },
  { kind: 'text', path: '/etc/x', before: `k = ${A}\nl = ${A}\n`, after: `k = ${B}\nl = ${A}\n` },
];

function told(seal: ReturnType<typeof createSeal> | undefined): readonly Difference[] {
  const events: RunEvent[] = [];
  const event = step('x');
  if (event.kind !== 'step' || !event.failure) throw new Error('no failure');
  maskSecrets((each) => events.push(each), [], seal)({ ...event, failure: { message: 'x', diff: DIFFS } });
  const [first] = events;
  const diff = (first?.kind === 'step' && first.failure?.diff) || [];
  const direct = createMask([new Secret('other', 'something')], seal)(DIFFS);
  assert.equal(direct, diff);
  assert.not.match(JSON.stringify(diff), new RegExp(SUMS.map((sum) => sum.slice(0, 8)).join('|')));
  return diff;
}

test('marks under a key: equal secrets have equal marks, another key gives others', () => {
  const one = told(createSeal(Buffer.alloc(32, 1)));
  const [change, fresh, text] = one;
  assert.ok(change?.kind === 'secret' && fresh?.kind === 'secret' && text?.kind === 'text');
  assert.match(`${change.from} ${change.to}`, /^[0-9a-f]{4} [0-9a-f]{4}$/);
  assert.is.not(change.from, change.to);
  assert.is(fresh.from, null);
  assert.is(fresh.to, change.from);
  assert.is(text.before, `k = ‹${change.from}›\nl = ‹${change.from}›\n`);
  assert.is(text.after, `k = ‹${change.to}›\nl = ‹${change.from}›\n`);
  assert.equal(told(createSeal(Buffer.alloc(32, 1))), one);
  assert.not.equal(told(createSeal(Buffer.alloc(32, 2))), one);
});

test('without a key there are no marks; that it changes is seen', () => {
  assert.equal(told(passingSeal()), told(undefined));
  const [change, fresh, text] = told(undefined);
  assert.equal(
    [change, fresh],
    [
      { kind: 'secret', name: 'psk' },
      { kind: 'secret', name: 'psk' },
    ],
  );
  assert.ok(text?.kind === 'text');
  assert.is(text.before, 'k = ‹secret›\nl = ‹secret›\n');
  assert.is(text.after, 'k = ‹another secret›\nl = ‹secret›\n');
});

test('fifty secrets cost little: 10,000 events within two seconds of a processor', () => {
  const secrets = Array.from({ length: 50 }, (_, at) => {
    const seed = createHash('sha512').update(String(at));
    return new Secret(
      `s${at}`,
      at % 5 === 0
        ? `${seed.digest('base64')}\nsecond line of ${at} here\n`
        : seed.digest('hex').slice(0, 40),
    );
  });
  let count = 0;
  const emit = maskSecrets(() => {
    count += 1;
  }, secrets);
  const line = 'Address = 10.1.0.1/16, AllowedIPs = 10.2.0.0/16, Endpoint = 192.0.2.1:51820 '.repeat(8);
  const before = process.cpuUsage();
  for (let at = 0; at < 10_000; at += 1) emit(step(line));
  assert.is(count, 10_000);
  const { user, system } = process.cpuUsage(before);
  assert.ok(user + system < 2_000_000, `${(user + system) / 1000} ms`);
});

test('secrets too short to tell from text are left', () => {
  assert.match(masked([new Secret('tiny', 'a')], 'banana'), /banana/);
});

test('a run in which a command prints a secret', () =>
  withFleet(['a'], async (fleet) => {
    const run = await fleet.run(
      `
secrets: { psk: { env: PSK } }
steps:
  - { id: conf, task: file, with: { path: /srv/conf, content: "\${{ secrets.psk }}", mode: "0600" } }
  - { id: leak, task: act, with: { run: "cat /srv/conf; cat /srv/conf >&2; exit 1" } }
`,
      { env: { PSK: 'very-hush-hush' } },
    );
    assert.is(run.exit, 2);
    assert.is(fleet.server('a').run('cat /srv/conf'), 'very-hush-hush');
    assert.match(run.failure('leak').output ?? '', /‹secret psk›/);
    assert.not.match(JSON.stringify(run.events), /hush-hush/);
  }));

const PEM = (body: string): string =>
  `-----BEGIN OPENSSH PRIVATE KEY-----\n${body}\n-----END OPENSSH PRIVATE KEY-----\n`;

test('a private key that a file is sent with is shown as a mark, by dry runs, runs and failures, with a key and without', () =>
  withFleet(['a'], async (fleet) => {
    const book = (body: string): string =>
      `steps:\n  - { id: pem, task: file, with: { path: /srv/pem, content: ${JSON.stringify(PEM(body))} } }\n`;
    fleet.server('a').run('mkdir -p /srv');
    const dry = await fleet.run(book('canary-one'), { dryRun: true });
    const run = await fleet.run(book('canary-one'));
    const next = await fleet.run(book('canary-two'), { dryRun: true });
    for (const found of [dry, run, next]) {
      assert.is(found.changes('a').length, 1);
      refuseCanary('the events', JSON.stringify([found.events, found.reviews]), 'canary-one');
      refuseCanary('the events', JSON.stringify([found.events, found.reviews]), 'canary-two');
    }
    // One sees that it is another one.
    const [diff] = next.of('change')[0]?.diff ?? [];
    assert.is(diff?.kind, 'text');
    const { before, after } = diff as Extract<Difference, { kind: 'text' }>;
    assert.match(before ?? '', /^‹private key› ‹/);
    assert.match(after ?? '', /^‹private key› ‹/);
    assert.is.not(before, after);
  }));

test('without a key two private keys are told apart in the differences of a failure, too', () => {
  const events: RunEvent[] = [];
  const emit = maskSecrets((event) => events.push(event), []);
  const diff: readonly Difference[] = [{ kind: 'text', path: 'p', before: PEM('one'), after: PEM('two') }];
  emit({
    kind: 'step',
    host: 'a',
    step: 's',
    status: 'failed',
    handler: false,
    failure: { message: PEM('three'), diff },
  });
  const text = JSON.stringify(events);
  assert.not.match(text, /BEGIN|sha256/);
  assert.match(text, /‹the secret before›.*‹another secret›/);
});
