/** Traps that only a whole system sets: conffiles, half-configured packages, systemd's half-truths, edits in mid-run. */
import type { Finished } from '../../fixture/lab-run.ts';
import { labSuite } from '../../fixture/lab-suite.ts';
import { assert } from '../../suite.ts';

const { test, lab } = labSuite('traps', 1, async (project) => {
  await project.byHand('roz', REPOSITORY);
});

/** A repository of one package in three versions: a conffile that changes, and a script that fails while told to. */
const REPOSITORY = `set -e
mkdir -p /srv/repo && cd /srv/repo
for v in 1 2 3; do
  mkdir -p p$v/DEBIAN p$v/etc
  printf 'Package: sample\\nVersion: %s\\nArchitecture: all\\nMaintainer: Nobody <nobody@example.net>\\nDescription: Sample\\n' $v >p$v/DEBIAN/control
  echo "option=$v" >p$v/etc/sample.conf
  echo /etc/sample.conf >p$v/DEBIAN/conffiles
  [ $v != 3 ] || printf '#!/bin/sh\\ntest ! -e /srv/broken\\n' >p$v/DEBIAN/postinst
  [ $v != 3 ] || chmod 755 p$v/DEBIAN/postinst
  dpkg-deb --root-owner-group -b p$v sample_$v.deb >/dev/null
  { cat p$v/DEBIAN/control; printf 'Filename: ./sample_%s.deb\\nSize: %s\\nSHA256: %s\\n\\n' $v $(stat -c %s sample_$v.deb) $(sha256sum <sample_$v.deb | cut -d' ' -f1); } >>Packages
done
echo 'deb [trusted=yes] file:/srv/repo ./' >/etc/apt/sources.list.d/sample.list
apt-get update -qq`;

const book = (name: string, steps: string): Promise<Finished> => {
  lab().write(`runbooks/${name}.yaml`, `name: ${name}\nhosts: roz\nbecome: true\n${steps}`);
  return lab().run([name, 'inventory/lab']);
};
const fine = (run: Finished): void => assert.is(run.code, 0, run.out + run.err);
const changes = (run: Finished): readonly string[] =>
  run.of('change').map(({ step, key, action }) => `${step} ${key} ${action}`);
const sample = (version: number): string =>
  `steps:\n  - { id: sample, task: package, timeout: 2m, with: { name: sample, version: "${version}" } }\n`;

test('a conffile that was edited by hand: an upgrade asks nobody, keeps the edit and lays its own beside', async () => {
  fine(await book('sample', sample(1)));
  await lab().byHand('roz', 'echo mine >>/etc/sample.conf');
  fine(await book('sample', sample(2)));
  assert.is(
    await lab().byHand(
      'roz',
      "cat /etc/sample.conf /etc/sample.conf.dpkg-dist; dpkg-query -W -f '${Version} ${db:Status-Abbrev}' sample",
    ),
    'option=1\nmine\noption=2\n2 ii ',
  );
  const again = await book('sample', sample(2));
  fine(again);
  assert.equal(changes(again), []);
}, 120_000);

test('a package left half-configured is broken, not installed: the next run finishes it', async () => {
  await lab().byHand('roz', 'touch /srv/broken');
  const failed = await book('sample', sample(3));
  assert.is(failed.code, 2, failed.out);
  assert.match(failed.failure('roz'), 'package:sample');
  assert.match(await lab().byHand('roz', "dpkg-query -W -f '${db:Status-Abbrev}' sample"), 'iF');
  await lab().byHand('roz', 'rm /srv/broken');
  const mended = await book('sample', sample(3));
  fine(mended);
  assert.match(mended.of('change')[0]?.summary ?? '', 'finish configuring');
  assert.is(await lab().byHand('roz', "dpkg-query -W -f '${db:Status-Abbrev}' sample"), 'ii ');
}, 120_000);

const UNIT = (word: string): string =>
  `[Service]\\nEnvironment=WORD=${word}\\nExecStart=/bin/sh -c "echo $WORD >>/run/words; exec sleep 4000"\\n`;

test('a drop-in, and a unit file moved in with an older date: loaded and restarted once each', async () => {
  await lab().byHand(
    'roz',
    `printf '${UNIT('one')}' >/etc/systemd/system/word.service; printf '${UNIT('three')}' >/srv/word.service
touch -d 2001-01-01 /srv/word.service; systemctl daemon-reload; systemctl start word; sleep 0.3`,
  );
  const unit = '  - { id: unit, task: service, with: { name: word, running: true, settle: 0.5 } }\n';
  fine(
    await book(
      'dropin',
      `steps:
  - { id: folder, task: directory, with: { path: /etc/systemd/system/word.service.d } }
  - { id: dropin, task: file, with: { path: /etc/systemd/system/word.service.d/x.conf, content: "[Service]\\nEnvironment=WORD=two\\n" } }
${unit}`,
    ),
  );
  assert.is(await lab().byHand('roz', 'cat /run/words'), 'one\ntwo\n');
  // By another's hand within the run, with a date long before the one that systemd has seen.
  fine(
    await book(
      'moved',
      `steps:
  - id: moved
    task: command
    with:
      shell: "rm -r /etc/systemd/system/word.service.d; mv /srv/word.service /etc/systemd/system/word.service"
      only_if: test -e /srv/word.service
      effects: [/etc/systemd/system/word.service]
${unit}`,
    ),
  );
  assert.is(await lab().byHand('roz', 'cat /run/words'), 'one\ntwo\nthree\n');
}, 60_000);

test('a unit restarted before a package came is not restarted again by its handler after it', async () => {
  const steps = (word: string): string => `steps:
  - { id: config, task: file, notify: [again], with: { path: /etc/word.conf, content: "${word}\\n" } }
  - { id: unit, task: service, with: { name: word, running: true, settle: 0.5, restart_on: [/etc/word.conf] } }
  - { id: tool, task: package, with: { name: sample, state: ${word === 'b' ? 'absent' : 'present'} } }
  - { id: after, task: file, with: { path: /etc/word.after, content: "${word}\\n" } }
handlers:
  - { id: again, task: service, with: { name: word, restarted: true, settle: 0.5 } }
`;
  fine(await book('merged', steps('a')));
  await lab().byHand('roz', 'rm /run/words');
  const run = await book('merged', steps('b'));
  fine(run);
  assert.equal(
    run.of('change').map(({ step, action }) => `${step} ${action}`),
    ['config update', 'unit restart', 'tool delete', 'after update'],
  );
  assert.is(await lab().byHand('roz', 'cat /run/words; ls -A /var/lib/tightbeam/owed'), 'three\n');
}, 120_000);

test('somebody edits a file after it was read and before it is written: both lines are there', async () => {
  await lab().byHand('roz', 'echo first >/srv/shared');
  lab().write(
    'runbooks/race.yaml',
    `name: race
hosts: roz
become: true
steps:
  - { id: long, task: command, with: { argv: [sleep, "2"], effects: none } }
  - { id: mine, task: line, with: { path: /srv/shared, line: mine } }
`,
  );
  const running = lab().start(['race', 'inventory/lab']);
  let seen = '';
  for (let n = 0; n < 100 && seen === ''; n += 1)
    seen = (await lab().ssh('roz', 'pgrep -x sleep -a | grep -x ".* sleep 2"')).out;
  await lab().byHand('roz', 'echo theirs >>/srv/shared');
  const run = await running.done;
  fine(run);
  assert.is(await lab().byHand('roz', 'cat /srv/shared'), 'first\ntheirs\nmine\n');
  // Read; the stretch that found it changed; the stretch that wrote it.
  assert.is(run.recap('roz').roundTrips, 3);
}, 60_000);

test('two names of one unit, or of one file, are one thing', async () => {
  const run = await book(
    'names',
    `steps:
  - { id: one, task: service, with: { name: ssh, enabled: true } }
  - { id: other, task: service, with: { name: sshd, enabled: false } }
`,
  );
  assert.is(run.code, 1, run.out);
  assert.match(run.failure('roz'), /one .*otherwise|other .*otherwise/s);
  assert.is((await lab().byHand('roz', 'systemctl is-enabled ssh')).trim(), 'enabled');
}, 60_000);
