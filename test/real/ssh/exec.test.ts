/** `run exec` and `run ping` against real OpenSSH. */
import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { RUN } from '../../fixture/command.ts';
import { repository } from '../../fixture/engine.ts';
import { type Sshd, startSshd } from '../../fixture/sshd.ts';
import { assert, suite } from '../../suite.ts';

const test = suite('exec over ssh');

function run(sshd: Sshd, argv: readonly string[]) {
  // The account that runs the tests is the one on the host, so its home is a scratch folder as well.
  const env = { PATH: process.env.PATH, HOME: sshd.dir, NO_COLOR: '1', RUN_PROJECT: sshd.dir };
  return spawnSync(RUN, argv, { cwd: repository, encoding: 'utf8', env });
}

test('a command in its words, a line of shell text, an empty stdin; and whether the host can be worked on', async () => {
  const sshd = await startSshd();
  try {
    const folder = join(sshd.dir, 'inventory/one');
    mkdirSync(folder, { recursive: true });
    const { port, identity, user } = sshd;
    const hosts = { roz: { address: '127.0.0.1', port, identity, user } };
    writeFileSync(join(folder, 'hosts.yaml'), JSON.stringify({ hosts }));
    copyFileSync(sshd.knownHosts, join(folder, 'known_hosts'));
    const words = run(sshd, ['exec', 'one', '--', 'printf', '%s\\n', "it's", '$HOME; id']);
    assert.is(words.status, 0, words.stderr);
    assert.match(words.stdout, /^roz +ok .*\n {4}it's\n {4}\$HOME; id\n\n1 host: 1 ok\n$/);
    const line = run(sshd, ['exec', 'one', '--shell', 'cat; echo $(( 6 * 7 ))']);
    assert.is(line.status, 0, line.stderr);
    assert.match(line.stdout, /^roz +ok .*\n {4}42\n/);
    const ping = run(sshd, ['ping', 'one']);
    assert.is(ping.status, 0, ping.stderr);
    assert.match(ping.stdout, new RegExp(`^roz +ok +\\d+ ms  ${user}; \\w+ .*Linux \\d`));
  } finally {
    await sshd.stop();
  }
}, 60_000);
