/** Every built-in task in one runbook: foretold, done, nothing left to do, and still so after a true reboot. */
import { createHash, randomBytes } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { forecast } from '../../fixture/forecast.ts';
import type { Finished, LabProject } from '../../fixture/lab-run.ts';
import { labSuite } from '../../fixture/lab-suite.ts';
import { assert } from '../../suite.ts';

const { test, lab } = labSuite('every task on a real host', 1, prepare);
const big = randomBytes(50 * 1024 * 1024);
const SECRET = 'correct-horse-battery';
const source = dirname(dirname(dirname(dirname(fileURLToPath(import.meta.url)))));

const RUNBOOK = `name: Everything
hosts: roz
become: true
secrets:
  token: { env: TOKEN }
vars:
  site: lab
steps:
  - id: sane
    task: assert
    with: { that: "\${{ facts.cpus > 0 }}", message: a host has a processor }
  - id: name
    task: hostname
    with: { name: rozalia }
  - id: people
    task: group
    with: { name: crew, gid: 4100 }
  - id: person
    task: user
    with: { name: nora, uid: 4101, group: crew, groups: [sudo], shell: /bin/bash, comment: Nora }
  - id: nobody_else
    task: user
    with: { name: ghost, state: absent }
  - id: key
    task: authorized_key
    with: { user: nora, key: ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIBKjCEW4K9eCY+4Sgn0V7RsHHz7DE53dUeR1KN/3e4hs nora@desk }
  - id: folder
    task: directory
    with: { path: /srv/site/pages, parents: true, owner: nora, group: crew, mode: "2750" }
  - id: page
    task: file
    with: { path: /srv/site/index.html, content: "it's \\"quoted\\" \\\\ $HOME\\n", owner: nora, mode: "0640" }
  - id: binary
    task: file
    with: { path: /srv/site/bytes, base64: AAECAwT/gAo= }
  - id: hidden
    task: file
    with: { path: /srv/site/token, content: "token=\${{ secrets.token }}\\n", mode: "0600" }
  - id: seeded
    task: file
    with: { path: /srv/site/state, content: "first\\n", seed: true }
  - id: gone
    task: file
    with: { path: /etc/issue.net, state: absent }
  - id: tree
    task: copy
    with: { src: files/tree, dest: /srv/tree }
  - id: image
    task: copy
    with: { src: files/image.bin, dest: /srv/image.bin }
  - id: rendered
    task: template
    with: { src: files/page.liquid, dest: /srv/site/page }
  - id: link
    task: symlink
    with: { path: /srv/current, target: site/pages }
  - id: option
    task: line
    with: { path: /etc/login.defs, match: "^#?UMASK", line: "UMASK\\t\\t027" }
  - id: kernel
    task: sysctl
    with:
      file: /etc/sysctl.d/60-site.conf
      values: { net.ipv4.ip_forward: 1, net.ipv4.conf.all.log_martians: 1 }
  - id: module
    task: kernel_module
    with: { name: tcp_cubic }
  - id: nightly
    task: cron
    with: { name: site, command: "/bin/true", minute: "7", hour: 3, user: nora }
  - id: tools
    task: package
    with: { names: [jq, tree] }
  - id: exact_version
    task: package
    with: { name: hello, version: "2.*" }
  - id: no_editor
    task: package
    with: { name: nano, state: absent, purge: true }
  - id: unit_file
    task: file
    with:
      path: /etc/systemd/system/site.service
      content: |
        [Service]
        ExecStart=/bin/sleep infinity
        [Install]
        WantedBy=multi-user.target
  - id: unit_config
    task: file
    with: { path: /srv/site/config, content: "\${{ vars.site }}\\n" }
  - id: unit
    task: service
    with: { name: site, enabled: true, running: true, restart_on: [/srv/site/config], settle: 1 }
  - id: up
    task: wait_for
    with: { argv: [systemctl, is-active, --quiet, site], timeout: 20 }
  - id: no_timer
    task: service
    with: { name: fstrim.timer, masked: true }
  - id: made
    task: command
    with: { shell: "echo made >/srv/made; echo said", creates: /srv/made }
  - id: listed
    task: command
    with: { shell: "echo one >>/srv/list", unless: "grep -q one /srv/list", effects: [/srv/list] }
  - id: cleared
    task: command
    with: { argv: [rm, -f, /srv/stray], only_if: "test -e /srv/stray", effects: none }
  - id: asked
    task: command
    with: { argv: [id, -un], changed: never }
  - id: answer
    task: file
    with: { path: /srv/answer, content: "\${{ steps.asked.outputs.stdout }} \${{ string(steps.person.outputs.uid) }}\\n" }
    notify: [told]
  - id: boot
    task: reboot
handlers:
  - id: told
    task: command
    with: { shell: "echo told >>/srv/told" }
`;

const provision = (...flags: string[]): Promise<Finished> =>
  lab().run(['everything', 'inventory/lab', ...flags], { env: { TOKEN: SECRET } });

/** What the runbook copies, and what it finds to take away. */
async function prepare(project: LabProject): Promise<void> {
  project.write('runbooks/everything.yaml', RUNBOOK);
  project.write('runbooks/files/tree/a.txt', 'a\n');
  project.write('runbooks/files/tree/bin/run.sh', '#!/bin/sh\nexit 0\n', 0o755);
  project.write('runbooks/files/tree/odd name \'"$ é', Buffer.from([0, 1, 255, 10]));
  project.write('runbooks/files/image.bin', big);
  project.write(
    'runbooks/files/page.liquid',
    '{{ host.name }} at {{ vars.site }} on {{ facts.os.codename }}\n',
  );
  // Containers have no modules of their own: that one is built in is what can be had here.
  await project.byHand(
    'roz',
    `useradd ghost; touch /srv/stray; apt-get update -qq; apt-get install -qqy nano >/dev/null 2>&1
modules=/lib/modules/$(uname -r); mkdir -p "$modules" && echo kernel/net/ipv4/tcp_cubic.ko >"$modules/modules.builtin"`,
  );
}

test('every built-in task is in the runbook, or is tried on the fabric or on a node of Proxmox', () => {
  const fabric = ['test/real/fabric', 'test/pve', 'runbooks'].flatMap((folder) =>
    readdirSync(join(source, folder), { withFileTypes: true }).flatMap((entry) =>
      entry.isFile() ? [readFileSync(join(source, folder, entry.name), 'utf8')] : [],
    ),
  );
  for (const file of readdirSync(join(source, 'tasks'))) {
    const name = new RegExp(`(?:\\btask: |^ *\\[')${file.replace('.ts', '')}\\b`, 'm');
    assert.ok(name.test(RUNBOOK) || fabric.some((text) => name.test(text)), file);
  }
});

test('the run does what the dry run had foretold', async () => {
  const dry = await provision('--dry-run');
  assert.is(dry.code, 0, dry.out + dry.err);
  const real = await provision();
  assert.is(real.code, 0, real.out + real.err);
  const { wrong, made, exact, partly, later } = forecast(dry, real, 'roz');
  assert.equal(wrong, []);
  console.log(`${made} changes, ${exact} foretold to the last byte`);
  // Guards behind a package are asked when it is there, and so is a query: what they say is known after apply, and
  // with it the file that repeats the answer, and the handler that it notifies. The dry run names all four.
  assert.equal(
    later.map((line) => line.replace(/ .* /, ' ')),
    ['listed run', 'cleared run', 'answer create', 'told run'],
  );
  assert.equal([made, exact, partly], [40, 36, []]);
  for (const { out, err, events } of [dry, real])
    assert.not.match(out + err + JSON.stringify(events), SECRET);
}, 240_000);

test('the host is as declared, by other means than ours', async () => {
  const text = await lab().byHand(
    'roz',
    `hostname; cat /etc/hostname; id nora; id ghost 2>&1; stat -c '%A %U:%G' /srv/site/pages /srv/site/token
cat /srv/site/index.html; od -An -tx1 /srv/site/bytes; cat /srv/site/token /srv/site/page /srv/answer /srv/told /srv/made /srv/list
sha256sum </srv/image.bin; ls -1 /srv/tree; test -x /srv/tree/bin/run.sh && readlink /srv/current
sysctl -n net.ipv4.conf.all.log_martians; cat /etc/cron.d/site | grep -v '^#'; which jq tree hello nano
systemctl is-active site; systemctl is-enabled site fstrim.timer; test -e /srv/stray || echo clear`,
  );
  const lines = [
    'rozalia\nrozalia\nuid=4101(nora) gid=4100(crew) groups=4100(crew),27(sudo)\n',
    'no such user\ndrwxr-s--- nora:crew\n-rw------- root:root\n',
    'it\'s "quoted" \\ $HOME\n 00 01 02 03 04 ff 80 0a\ntoken=correct-horse-battery\n',
    'roz at lab on bookworm\nroot 4101\ntold\nmade\none\n',
    `${createHash('sha256').update(big).digest('hex')}  -\na.txt\nbin\nodd name '"$ é\nsite/pages\n1\n`,
    '7 3 * * * nora /bin/true\n/usr/bin/jq\n/usr/bin/tree\n/usr/bin/hello\nactive\nenabled\nmasked\nclear\n',
  ];
  for (const each of lines) assert.ok(text.includes(each), `${each}\nis not in\n${text}`);
  assert.match(readFileSync(join(lab().root, 'inventory/lab/known_hosts'), 'utf8'), 'roz');
}, 30_000);

test('the second run has nothing to do', async () => {
  const second = await provision();
  assert.is(second.code, 0, second.out + second.err);
  assert.equal(second.of('change'), [], second.out);
  assert.is(second.recap('roz').roundTrips, 1);
}, 60_000);

test('after a true reboot a dry run finds nothing', async () => {
  await lab().reboot('roz');
  const after = await provision('--dry-run', '--detailed-exitcode');
  assert.is(after.code, 0, after.out + after.err);
  assert.equal(after.of('change'), []);
}, 90_000);
