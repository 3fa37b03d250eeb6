/** Hosts that run out of something: a disk that takes nothing more, memory, a package manager left half-way. What is told, and that the next run goes on. */
import type { Finished } from '../fixture/lab-run.ts';
import { labSuite } from '../fixture/lab-suite.ts';
import { assert } from '../suite.ts';

const { test, lab } = labSuite('running out', 1, async (project) => {
  await project.byHand('roz', 'apt-get update -qq');
});

const book = (name: string, steps: string): Promise<Finished> => {
  lab().write(`runbooks/${name}.yaml`, `name: ${name}\nhosts: all\nsteps:\n${steps}`);
  return lab().run([name, 'inventory/lab']);
};
const by = (script: string): Promise<string> => lab().byHand('roz', script);
const said = ({ code, out, err }: Finished): string => `exit ${code}\n${out}${err}`;

function fine(run: Finished, changes: number): void {
  assert.is(run.code, 0, said(run));
  assert.is(run.of('change').length, changes, said(run));
}

const NOTE = '  - { id: note, task: file, with: { path: /srv/out/note, content: "note\\n" } }\n';

test('a state folder without room: nothing is begun; with room again it is done', async () => {
  await by('mkdir -p /srv/out /var/lib/tightbeam; mount -t tmpfs -o size=64k tmpfs /var/lib/tightbeam');
  await by('head -c 100000 /dev/zero >/var/lib/tightbeam/fill 2>/dev/null; :');
  const run = await book('Room', NOTE);
  const left = await by('ls -A /var/lib/tightbeam /srv/out; umount /var/lib/tightbeam');
  assert.is(run.code, 2, said(run));
  assert.match(
    run.failure('roz'),
    /no change was begun: cannot write \/var\/lib\/tightbeam[\s\S]*100%[\s\S]*make room/,
  );
  assert.not.match(left, /note|new\./);
  fine(await book('Room', NOTE), 1);
}, 60_000);

test('a state folder that is read-only: the same, with that word', async () => {
  await by(
    'rm -f /srv/out/note; mount --bind /var/lib/tightbeam /var/lib/tightbeam; mount -o remount,bind,ro /var/lib/tightbeam',
  );
  const run = await book('Only', NOTE);
  await by('umount /var/lib/tightbeam; test ! -e /srv/out/note');
  assert.is(run.code, 2, said(run));
  assert.match(run.failure('roz'), /no change was begun: [\s\S]*Read-only file system[\s\S]*mount it/);
  fine(await book('Only', NOTE), 1);
}, 60_000);

test('what shall be written is full, or read-only: the step says what to do, and no half of a file is there', async () => {
  lab().write('runbooks/files/blob', Buffer.alloc(3 * 1024 * 1024, 7));
  const blob = '  - { id: blob, task: copy, with: { src: files/blob, dest: /srv/small/blob } }\n';
  await by('mkdir -p /srv/small; mount -t tmpfs -o size=1m tmpfs /srv/small');
  const full = await book('Small', blob);
  assert.is(full.code, 2, said(full));
  assert.match(full.failure('roz'), /No space left on device[\s\S]*make room where that path lies/);
  assert.is(await by('ls -A /srv/small'), '');
  await by('mount -o remount,size=8m,ro /srv/small');
  const only = await book('Small', blob);
  assert.is(only.code, 2, said(only));
  assert.match(only.failure('roz'), /Read-only file system[\s\S]*findmnt -T/);
  await by('mount -o remount,rw /srv/small');
  fine(await book('Small', blob), 1);
}, 90_000);

test('no inodes are left: told as no room', async () => {
  await by('mkdir -p /srv/inodes; mount -t tmpfs -o nr_inodes=2 tmpfs /srv/inodes; touch /srv/inodes/a');
  const step = '  - { id: b, task: file, with: { path: /srv/inodes/b, content: "b\\n" } }\n';
  const run = await book('Inodes', step);
  assert.is(run.code, 2, said(run));
  assert.match(run.failure('roz'), /No space left on device[\s\S]*df -i/);
  await by('mount -o remount,nr_inodes=9 /srv/inodes');
  fine(await book('Inodes', step), 1);
}, 60_000);

test('a program gets no memory any more: told as such; a re-run goes on', async () => {
  const steps = `  - { id: first, task: file, with: { path: /srv/out/first, content: "1\\n" } }
  - id: big
    task: command
    with: { shell: "test -e /srv/more || ulimit -v 60000; perl -e 'my $x = \\"x\\" x 300000000; print length $x' && touch /srv/out/big", creates: /srv/out/big }
  - { id: last, task: file, with: { path: /srv/out/last, content: "2\\n" } }
`;
  const run = await book('Memory', steps);
  assert.is(run.code, 2, said(run));
  assert.match(run.failure('roz'), /out of memory[\s\S]*free -m/i);
  assert.is((await lab().ssh('roz', 'test -e /srv/out/last')).rc, 1);
  await by('touch /srv/more');
  fine(await book('Memory', steps), 2);
}, 90_000);

test('dpkg was killed in the middle, and another package is half configured: both are finished first, as the plan says', async () => {
  await by(`rm -rf /srv/pack; mkdir -p /srv/pack/slow/DEBIAN
printf 'Package: slow\\nVersion: 1\\nArchitecture: all\\nMaintainer: x <x@example.org>\\nDescription: x\\n' >/srv/pack/slow/DEBIAN/control
printf '#!/bin/sh\\n[ -e /srv/quick ] || sleep 30\\n' >/srv/pack/slow/DEBIAN/postinst; chmod 755 /srv/pack/slow/DEBIAN/postinst
dpkg-deb -b /srv/pack/slow /srv/pack/slow.deb >/dev/null
setsid dpkg -i /srv/pack/slow.deb </dev/null >/dev/null 2>&1 &
sleep 2; pkill -KILL -x dpkg; pkill -KILL -f '[s]low.postinst'; touch /srv/quick; ls /var/lib/dpkg/updates`);
  assert.match((await lab().ssh('roz', 'apt-get install -y tree 2>&1')).out, /dpkg was interrupted/);
  const steps = '  - { id: tree, task: package, with: { name: tree } }\n';
  lab().write('runbooks/Half.yaml', `name: Half\nhosts: all\nsteps:\n${steps}`);
  const dry = await lab().run(['Half', 'inventory/lab', '--dry-run']);
  assert.match(
    dry.of('change')[0]?.summary ?? '',
    /^finish configuring slow, which dpkg has left half done; install tree$/,
  );
  const run = await book('Half', steps);
  fine(run, 1);
  assert.is(await by("dpkg-query -W -f '${db:Status-Abbrev}' slow tree"), 'ii ii ');
  fine(await book('Half', steps), 0);
}, 120_000);
