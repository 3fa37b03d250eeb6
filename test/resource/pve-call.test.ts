/** Calls of pvesh that change something: words as they are, secrets unseen, failures told apart, tasks followed. */
import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Secret } from '../../lib/base/secret.ts';
import type { Sh } from '../../lib/base/sh.ts';
import { call, callTask, fileUnchanged, listUnchanged } from '../../lib/resources/pve/pve-call.ts';
import { assert, suite } from '../suite.ts';
import { type Scratch, type Shell, scratch } from './shells.ts';

const test = suite('calls of pvesh');
let world: Scratch;
test.before(() => {
  world = scratch();
});
test.after(() => world.end());

interface Done {
  readonly rc: number;
  readonly out: string;
  readonly folder: string;
  read(name: string): string;
}

/** Runs the script with a pvesh of its own; `body` is sh, or perl where it says so. `$0.d` is a folder to write to. */
function withPvesh(shell: Shell, body: string, script: Sh): Done {
  const folder = world.folder();
  const path = join(folder, 'pvesh');
  writeFileSync(path, body.startsWith('#!') ? body : `#!/bin/sh\nD=${folder}\n${body}\n`);
  chmodSync(path, 0o755);
  const search = shell
    .run({ text: 'echo "$PATH"' } as Sh)
    .out.toString()
    .trim();
  const { rc, out } = shell.run(script, { PATH: `${folder}:${search}`, D: folder, TB_BACKUP: folder });
  return { rc, out: out.toString(), folder, read: (name) => readFileSync(join(folder, name), 'utf8') };
}

function everywhere(name: string, body: (shell: Shell) => void, limitMs?: number): void {
  test(
    name,
    () => {
      for (const shell of world.shells) body(shell);
    },
    limitMs,
  );
}

const TELL = `for word in "$@"; do printf '<%s>' "$word"; done >"$D/words"; echo "$LC_ALL" >"$D/locale"`;

everywhere('values arrive as they are: dashes, nothing, blanks, quotes, other letters', (shell) => {
  const options = {
    comment: '-1 is "less" than ’0’ $HOME `x`\\n',
    exitnodes: '',
    'dhcp-range': ['start-address=10.0.0.1,end-address=10.0.0.9', '-x'],
    mtu: 9000,
  };
  const { rc, read } = withPvesh(shell, TELL, call('set', '/nodes/@node/x', options));
  assert.is(rc, 0, shell.name);
  const words = read('words');
  const [, path = ''] = /^<set><([^>]*)>/.exec(words) ?? [];
  assert.match(path, /^\/nodes\/[^@/.]+\/x$/);
  assert.is(
    words,
    `<set><${path}><--comment><${options.comment}><--exitnodes><><--dhcp-range><${options['dhcp-range'][0]}><--dhcp-range><-x><--mtu><9000>`,
  );
  // Under C it would take the letters for question marks.
  assert.is(read('locale').trim(), 'C.UTF-8');
});

const NOSY = `#!/usr/bin/perl
use strict;
select undef, undef, undef, 0.3;
open my $seen, '>', "$ENV{D}/seen";
for my $file (glob '/proc/[0-9]*/cmdline') { if (open my $in, '<', $file) { local $/; my $text = <$in> // ''; $text =~ tr/\\0/ /; print $seen "$text\\n" } }
open my $words, '>', "$ENV{D}/words";
print $words map { "<$_>" } @ARGV;
print $words defined <STDIN> ? 'stdin' : '', caller() ? 'called' : '', " $0";
`;

everywhere('a secret is on no command line while the call runs, and arrives all the same', (shell) => {
  const token = new Secret('netbox', "t0p'secret\\n %s\u00fc");
  const { rc, read, folder } = withPvesh(
    shell,
    NOSY,
    call('create', '/cluster/sdn/ipams', { ipam: 'nb', token, url: '' }),
  );
  assert.is(rc, 0, shell.name);
  assert.is(
    read('words'),
    `<create></cluster/sdn/ipams><--ipam><nb><--token><${token.reveal()}><--url><> ${folder}/pvesh`,
  );
  const seen = read('seen');
  assert.match(seen, `${folder}/pvesh`);
  assert.not.match(seen, "t0p'secret");
  // The same test sees what stands on a command line.
  const open = withPvesh(shell, NOSY, call('create', '/cluster/sdn/ipams', { ipam: 'plain-to-see' }));
  assert.match(open.read('seen'), 'plain-to-see');
});

everywhere('failures: a stale digest is drift, locks are told with their cure', (shell) => {
  const failing = (text: string, rc: number): Done =>
    withPvesh(shell, `echo "${text}" >&2; exit ${rc}`, call('set', '/cluster/sdn/zones/z', { mtu: 1 }));
  const stale = failing('detected modified configuration - file changed by other user? Try again.', 255);
  assert.is(stale.rc, 75, shell.name);
  const locked = failing('create sdn zone object failed: invalid lock token provided! at x line 1.', 2);
  assert.is(locked.rc, 1);
  assert.match(locked.out, 'pvesh delete /cluster/sdn/lock --force 1');
  const busy = failing("cfs-lock 'file-sdn_zones_cfg' error: got lock request timeout", 11);
  assert.is(busy.rc, 1);
  assert.match(busy.out, 'another call holds the lock');
  const other = failing("zone 'z' is used by vnet v", 75);
  assert.is(other.rc, 1, 'whatever number pvesh ends with is no drift');
  assert.match(other.out, 'used by vnet v');
});

const UPID = 'UPID:alpha:0000:00:00:qmcreate:123:root@pam:';
const task = (states: string): string => `case $1 in
create) echo "unable to create VM 123 - no space"; echo '"${UPID}"' ;;
get) echo "$2" >>"$D/asked"; n=$(wc -l <"$D/asked"); ${states} ;;
esac`;

everywhere('a task that has died is a failure though pvesh ends with 0', (shell) => {
  const dead = withPvesh(
    shell,
    task(`echo '{"exitstatus":"unable to create VM 123 - no space","status":"stopped","upid":"x"}'`),
    callTask('create', '/nodes/alpha/qemu', { vmid: 123 }),
  );
  assert.is(dead.rc, 1, shell.name);
  assert.match(dead.out, 'the task on node alpha ended with: unable to create VM 123 - no space');
  assert.is(dead.read('asked').trim(), `/nodes/alpha/tasks/${UPID}/status`);
});

everywhere('a task is followed to its end; warnings are no failure', (shell) => {
  const slow = withPvesh(
    shell,
    task(
      `if [ "$n" = 1 ]; then echo '{"status":"running"}'; else echo '{"exitstatus":"WARNINGS: 1","status":"stopped"}'; fi`,
    ),
    callTask('create', '/nodes/alpha/qemu', { vmid: 123 }),
  );
  assert.is(slow.rc, 0, shell.name);
  assert.is(slow.read('asked').trim().split('\n').length, 2);
});

everywhere('no task, or one that nobody can ask for, is a failure', (shell) => {
  const none = withPvesh(shell, 'echo done', callTask('create', '/nodes/alpha/qemu'));
  assert.is(none.rc, 1, shell.name);
  assert.match(none.out, 'pvesh has named no task');
  const lost = withPvesh(
    shell,
    task(`echo "no such task" >&2; exit 2`),
    callTask('create', '/nodes/alpha/qemu'),
  );
  assert.is(lost.rc, 1);
  assert.match(lost.out, 'no such task');
});

everywhere('a list or a file that has changed since it was read is drift', (shell) => {
  const digest = 'a'.repeat(40);
  const list = (body: string): number =>
    withPvesh(shell, body, listUnchanged('/cluster/firewall/rules', digest)).rc;
  assert.is(list(`echo '[{"digest":"${digest}","pos":0}]'`), 0, shell.name);
  assert.is(list(`echo '[{"digest":"${'b'.repeat(40)}","pos":0}]'`), 75);
  // Whoever cannot ask does not know that it changed.
  assert.is(list(`echo 'connection refused' >&2; exit 111`), 111);
  const folder = world.folder();
  const file = join(folder, 'zones.cfg');
  writeFileSync(file, 'evpn: crossite\n');
  const sum = shell
    .run({ text: `sha1sum <${file}` } as Sh)
    .out.toString()
    .slice(0, 40);
  const env = { TB_BACKUP: folder };
  assert.is(shell.run(fileUnchanged(file, sum), env).rc, 0);
  assert.is(shell.run(fileUnchanged(file, digest), env).rc, 75);
  assert.is(shell.run(fileUnchanged(`${file}.none`, ''), env).rc, 0, 'none then, none now');
});
