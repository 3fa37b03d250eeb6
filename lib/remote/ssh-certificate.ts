/** User certificates: which key one belongs to, and the login request that shows it, which ssh2 cannot make by itself. */
import type { Inside, Sign } from './ssh-inside.ts';

const REQUEST = 50;
const SERVICE = 'ssh-connection';
const SUFFIX = '-cert-v01@openssh.com';

/** A certificate as `ssh-keygen -s` writes it (`type base64 comment`), when it was made for the key; else undefined. */
export function certificateFor(text: string, publicKey: Buffer): Buffer | undefined {
  const [type = '', base64 = ''] = text.trim().split(/\s+/);
  const blob = Buffer.from(base64, 'base64');
  const [ownType, nonce] = [field(blob, 0), field(blob, 4 + type.length)];
  const keyType = field(publicKey, 0);
  if (!ownType || !nonce || !keyType) return undefined;
  if (ownType.toString('latin1') !== type || type !== `${keyType.toString('latin1')}${SUFFIX}`)
    return undefined;
  // After the type (and the certificate's random bytes) both name the same key in the same form.
  const key = publicKey.subarray(4 + keyType.length);
  const at = 4 + ownType.length + 4 + nonce.length;
  return blob.subarray(at, at + key.length).equals(key) ? blob : undefined;
}

/** Sends requests with the certificate where there is one for the login on offer. */
export function offerCertificates(inside: Inside, certificate: () => Buffer | undefined): void {
  const request = inside.authPK;
  inside.authPK = (user, key, algorithm, sign) => {
    const shown = certificate();
    if (!shown) return request.call(inside, user, key, algorithm, sign);
    const type = field(shown, 0)?.toString('latin1') ?? '';
    const plain = algorithm ?? type.slice(0, -SUFFIX.length);
    send(inside, { user, shown, plain }, sign);
  };
}

function send(
  inside: Inside,
  { user, shown, plain }: { readonly user: string; readonly shown: Buffer; readonly plain: string },
  sign: Sign | undefined,
): void {
  const payload = Buffer.concat([
    Buffer.from([REQUEST]),
    ...[user, SERVICE, 'publickey'].map((word) => text(word)),
    Buffer.from([sign ? 1 : 0]),
    text(`${plain}${SUFFIX}`),
    string(shown),
  ]);
  if (!sign) {
    sendPayload(inside, payload);
    return;
  }
  const session = inside._kex?.sessionID ?? Buffer.alloc(0);
  sign(Buffer.concat([string(session), payload]), (signature) => {
    const form = plain.startsWith('ecdsa-') ? twoNumbers(signature) : signature;
    sendPayload(inside, Buffer.concat([payload, string(Buffer.concat([text(plain), string(form)]))]));
  });
}

function sendPayload(inside: Inside, payload: Buffer): void {
  const { write } = inside._packetRW;
  const packet = write.alloc(payload.length);
  packet.set(payload, write.allocStart);
  inside._authsQueue.push('publickey');
  inside._cipher.encrypt(write.finalize(packet));
}

/** An ECDSA signature in DER as SSH has it: both numbers as strings. One that is in that form already stays. */
function twoNumbers(signature: Buffer): Buffer {
  if (signature[0] !== 0x30) return signature;
  const start = (signature[1] ?? 0) & 0x80 ? 3 : 2;
  const first = signature.subarray(start + 2, start + 2 + (signature[start + 1] ?? 0));
  const next = start + 2 + first.length;
  const second = signature.subarray(next + 2, next + 2 + (signature[next + 1] ?? 0));
  return Buffer.concat([string(first), string(second)]);
}

function string(bytes: Buffer): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
}

function text(word: string): Buffer {
  return string(Buffer.from(word, 'utf8'));
}

/** The string at this place, undefined where the bytes end before it does. */
function field(bytes: Buffer, at: number): Buffer | undefined {
  if (at + 4 > bytes.length) return undefined;
  const end = at + 4 + bytes.readUInt32BE(at);
  return end <= bytes.length ? bytes.subarray(at + 4, end) : undefined;
}
