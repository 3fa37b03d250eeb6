/** Verdicts on host keys, on data alone. */
import {
  fingerprint,
  judgeHostKey,
  knownHostsLine,
  knownTypes,
  parseKnownHosts,
} from '../../lib/remote/known-hosts.ts';
import { assert, suite } from '../suite.ts';

const test = suite('known hosts');

/** A made-up public key: its type, then bytes. */
function blob(type: string, rest: string): Buffer {
  const head = Buffer.alloc(4);
  head.writeUInt32BE(type.length);
  return Buffer.concat([head, Buffer.from(type + rest)]);
}
const ed = blob('ssh-ed25519', 'one');
const ed2 = blob('ssh-ed25519', 'two');
const rsa = blob('ssh-rsa', 'three');
const entry = (hosts: string, key: Buffer): string =>
  `${hosts} ${key === rsa ? 'ssh-rsa' : 'ssh-ed25519'} ${key.toString('base64')}`;
const at = (host: string, port = 22) => ({ host, port });
const judge = (text: string, host: string, key: Buffer, port = 22): string =>
  judgeHostKey(parseKnownHosts(text, 'f'), at(host, port), key).kind;

test('plain names, lists and any case', () => {
  assert.is(judge(entry('Web.Example.org,10.0.0.1', ed), 'web.example.org', ed), 'known');
  assert.is(judge(entry('web', ed), 'web2', ed), 'unknown');
});

test('a port of its own never speaks for port 22, nor for another', () => {
  assert.is(judge(entry('[web]:2222', ed), 'web', ed), 'unknown');
  assert.is(judge(entry('[web]:2222', ed), 'web', ed, 2223), 'unknown');
  assert.is(judge(entry('[web]:2222', ed), 'web', ed, 2222), 'known');
});

test('a record without a port vouches for other ports, and does not accuse them', () => {
  assert.is(judge(entry('web', ed), 'web', ed, 2222), 'known');
  assert.is(judge(entry('web', ed), 'web', ed2, 2222), 'unknown');
});

test('another key, of the same type or of another one, is a change', () => {
  assert.is(judge(entry('web', ed), 'web', ed2), 'changed');
  assert.is(judge(entry('web', ed), 'web', rsa), 'changed');
  assert.is(judge(`${entry('web', ed)}\n${entry('web', rsa)}`, 'web', rsa), 'known');
});

test('the change names the line with the key of that type', () => {
  const verdict = judgeHostKey(
    parseKnownHosts(`${entry('web', rsa)}\n${entry('web', ed)}`, 'f'),
    at('web'),
    ed2,
  );
  assert.is(verdict.kind === 'changed' && verdict.entry.line, 2);
});

test('revoked wins over known, on every port', () => {
  const text = `${entry('web', ed)}\n@revoked ${entry('*', ed)}`;
  assert.is(judge(text, 'web', ed), 'revoked');
  assert.is(judge(`@revoked ${entry('web', ed)}`, 'web', ed, 2222), 'revoked');
  assert.is(judge(text, 'web', ed2), 'changed');
});

test('an authority vouches for nothing, and an unknown marker is left out', () => {
  assert.is(judge(`@cert-authority ${entry('*', ed)}`, 'web', ed), 'unknown');
  assert.is(judge(`@strange ${entry('web', ed)}`, 'web', ed), 'unknown');
});

test('hashed names', () => {
  const hashed = knownHostsLine(at('web', 2222), ed, true);
  assert.match(hashed, /^\|1\|/);
  assert.is(judge(hashed, 'web', ed, 2222), 'known');
  assert.is(judge(hashed, 'web', ed2, 2222), 'changed');
  assert.is(judge(hashed, 'web2', ed, 2222), 'unknown');
  assert.is(judge('|1|notbase64|x ssh-ed25519 AAAA', 'web', ed), 'unknown');
});

test('the types to ask for come from the records', () => {
  const entries = parseKnownHosts(
    `${entry('web', rsa)}\n${entry('web', ed)}\n@revoked ${entry('web', ed2)}`,
    'f',
  );
  assert.equal(knownTypes(entries, at('web')), ['ssh-rsa', 'ssh-ed25519']);
  assert.equal(knownTypes(entries, at('web', 2222)), ['ssh-rsa', 'ssh-ed25519']);
});

test('hostile lines do no harm', () => {
  const text = `\n#x\nweb\nweb ssh-ed25519\n${'*'.repeat(5000)}b ssh-ed25519 AAAA\n\0\n`;
  const started = performance.now();
  assert.is(judge(text, 'a'.repeat(200), ed), 'unknown');
  assert.ok(performance.now() - started < 500);
  assert.match(fingerprint(Buffer.alloc(0)), /^SHA256:[^=]+$/);
});
