/**
 * A thousand hosts in one process: an SSH server on every loopback address that lets one key in and runs a shell per
 * session. Started by scale.mjs with the folder of its keys; prints its port.
 */
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import ssh2 from 'ssh2';

const folder = process.argv[2];
const allowed = readFileSync(join(folder, 'id_ed25519.pub'), 'utf8').split(' ')[1];

const server = new ssh2.Server({ hostKeys: [readFileSync(join(folder, 'host_ed25519'))] }, (client) => {
  client.setNoDelay(true);
  client.on('error', () => undefined);
  client.on('authentication', (context) => {
    const known = context.method === 'publickey' && context.key.data.toString('base64') === allowed;
    const signed = known && context.signature !== undefined;
    if (signed && !verified(context)) context.reject(['publickey']);
    else if (known) context.accept();
    else context.reject(['publickey']);
  });
  client.on('session', (accept) =>
    accept().on('exec', (take, _refuse, { command }) => serve(take(), command)),
  );
});

function verified({ key, blob, signature, hashAlgo }) {
  const parsed = ssh2.utils.parseKey(key.data);
  return !(parsed instanceof Error) && parsed.verify(blob, signature, hashAlgo) === true;
}

function serve(channel, command) {
  const child = spawn('/bin/sh', ['-c', command], {
    env: { PATH: process.env.PATH, HOME: '/root', USER: 'root' },
  });
  channel.pipe(child.stdin);
  child.stdout.pipe(channel, { end: false });
  child.stderr.pipe(channel.stderr, { end: false });
  for (const stream of [channel, child.stdin]) stream.on('error', () => undefined);
  child.on('close', (code) => {
    channel.exit(code ?? 1);
    channel.end();
  });
}

server.listen(0, '0.0.0.0', () => console.log(server.address().port));
process.on('disconnect', () => process.exit());
