/** What a journal says of a change that had the host boot again: by which boot it is read, and nothing else. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sh } from '../../lib/base/sh.ts';
import { journalText } from '../../lib/remote/apply-recover.ts';
import { assert, suite } from '../suite.ts';

const test = suite('journals of reboots');

const BOOT = readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim();
const INIT = readFileSync('/proc/1/stat', 'latin1').split(') ').at(-1)?.split(' ')[19] ?? '';
const UPTIME = Math.floor(Number(readFileSync('/proc/uptime', 'latin1').split(' ')[0]));

interface World {
  readonly look: (takes?: boolean) => string;
  readonly journal: () => string;
  readonly owed: () => boolean;
}

function withWorld(
  shell: readonly string[],
  reboot: string,
  lines: string,
  body: (world: World) => void,
): void {
  const state = mkdtempSync(join(tmpdir(), 'tightbeam-boot-'));
  try {
    const folder = join(state, 'runs/r/1');
    mkdirSync(folder, { recursive: true });
    mkdirSync(join(state, 'owed'));
    writeFileSync(join(state, 'owed/handler.x'), '');
    writeFileSync(join(folder, 'journal'), lines);
    writeFileSync(join(folder, 'reboot.2'), `${reboot}\n`);
    const [program = '', ...args] = shell;
    const look = (takes = true): string => {
      const script = journalText(sh`"$TB_STATE"/runs/r/1`, 0, { takes });
      const env = { ...process.env, TB_STATE: state };
      const { stdout, stderr, status } = spawnSync(program, args, {
        input: script.text,
        encoding: 'latin1',
        env,
      });
      assert.is(stderr, '');
      assert.is(status, 0);
      return stdout.replace(/^(\w+) \d+\n/, '$1\n');
    };
    body({
      look,
      journal: () => readFileSync(join(folder, 'journal'), 'latin1'),
      owed: () => existsSync(join(state, 'owed/handler.x')),
    });
  } finally {
    rmSync(state, { recursive: true });
  }
}

const OLD = 'P 99999 5 00000000-0000 abc part\nB 1 3600 5\nE 1 0\nB 2 3600 6\n';
// Pid and start of nobody.
const HERE = `P 4194399 5 ${BOOT} abc part\nB 1 3600 5\nE 1 0\nB 2 3600 6\n`;

for (const shell of [['dash'], ['busybox', 'sh']] as const) {
  const of = (what: string): string => `${shell.join(' ')}: ${what}`;

  test(of('another boot: it is done, once, and its mark is paid'), () =>
    withWorld(shell, '00000000-0000 9 600 gone 7 handler.x', OLD, ({ look, journal, owed }) => {
      assert.is(look(), `gone\n${OLD}E 2 0\n`);
      assert.is(look(), `gone\n${OLD}E 2 0\n`);
      assert.is(journal(), `${OLD}E 2 0\n`);
      assert.not.ok(owed());
    }),
  );

  test(of('a dry run writes nothing, and is told the same'), () =>
    withWorld(shell, '00000000-0000 9 600 gone 7 handler.x', OLD, ({ look, journal, owed }) => {
      assert.is(look(false), `gone\n${OLD}E 2 0\n`);
      assert.is(journal(), OLD);
      assert.ok(owed());
    }),
  );

  test(of('a container has the boot id of its machine: its first process tells'), () =>
    withWorld(shell, `${BOOT} 9${INIT} 600 gone 7 handler.x`, HERE, ({ look }) => {
      assert.is(look(), `gone\n${HERE}E 2 0\n`);
    }),
  );

  test(of('ended while it waited to go down: it has not been carried out'), () =>
    withWorld(shell, `${BOOT} ${INIT} 600 wait ${UPTIME} handler.x`, HERE, ({ look, owed }) => {
      assert.is(look(), `gone\n${HERE}D 2 75\n`);
      assert.ok(owed());
    }),
  );

  test(of('on its way down: it is waited for, and not for ever'), () => {
    withWorld(shell, `${BOOT} ${INIT} 600 gone ${UPTIME} handler.x`, HERE, ({ look, journal }) => {
      assert.is(look(), `rebooting\n${HERE}`);
      assert.is(journal(), HERE);
    });
    withWorld(shell, `${BOOT} ${INIT} 600 gone ${UPTIME - 700} handler.x`, HERE, ({ look }) => {
      assert.is(look(), `gone\n${HERE}`);
    });
  });

  test(of('one that could not be asked for has failed, whatever boot it is now'), () =>
    withWorld(shell, '00000000-0000 9 600 gone 7', `${OLD}E 2 1\nend\n`, ({ look }) => {
      assert.is(look(), `ended\n${OLD}E 2 1\nend\n`);
    }),
  );
}
