/** Whether what writes on a host lives, as whoever takes it up asks. */
import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ALIVE } from '../../lib/remote/keeper-text.ts';
import { assert, suite } from '../suite.ts';
import { FLAVOURS } from './shell.ts';

const test = suite('keeper');

/** Prints the number of a group; its leader is gone and buried, its other process dead and never buried, or alive. */
const GROUP = `
$| = 1;
my $leader = fork; if (!$leader) { setpgrp 0, 0; sleep 60; exit }
setpgrp $leader, $leader;
my $other = fork; if (!$other) { setpgrp 0, $leader; sleep 60; exit }
setpgrp $other, $leader;
kill 9, $leader; waitpid $leader, 0;
if ($ARGV[0] eq 'dead') { kill 9, $other; select undef, undef, undef, 0.2 }
print "$leader\\n"; sleep 60`;

const COMMANDS = { dash: ['dash', '-c'], busybox: ['busybox', 'sh', '-c'] } as const;

for (const flavour of FLAVOURS) {
  for (const [rest, expected] of [
    ['alive', 'lives'],
    ['dead', 'gone'],
  ] as const) {
    test(`${flavour}: of a script that is gone a process is left that is ${rest}: it ${expected === 'gone' ? 'is gone' : expected}`, async () => {
      const dir = mkdtempSync(join(tmpdir(), 'tightbeam-keeper-'));
      const perl = spawn('perl', ['-e', GROUP, rest], {
        stdio: ['ignore', 'pipe', 'inherit'],
        detached: true,
      });
      try {
        const group = await new Promise<string>((resolve) => {
          perl.stdout.once('data', (chunk: Buffer) => resolve(chunk.toString().trim()));
        });
        writeFileSync(join(dir, 'journal'), `P ${group} 1 - mark\n`);
        const [file = '', ...args] = COMMANDS[flavour];
        const script = `tbj=${dir}/journal; ${ALIVE.text}; if tb_alive; then echo lives; else echo gone; fi`;
        assert.is(execFileSync(file, [...args, script], { encoding: 'utf8' }), `${expected}\n`);
        process.kill(-Number(group), 'SIGKILL');
      } finally {
        perl.kill('SIGKILL');
        rmSync(dir, { recursive: true });
      }
    });
  }
}
