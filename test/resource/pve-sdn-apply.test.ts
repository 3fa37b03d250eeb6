/** The apply of the SDN as a script: believed only when each node's own task says so. */
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Sh } from '../../lib/base/sh.ts';
import { sdnApply } from '../../lib/resources/pve/pve-sdn-apply.ts';
import type { PveState } from '../../lib/resources/pve/pve-state.ts';
import { assert, suite } from '../suite.ts';
import { type Scratch, scratch } from './shells.ts';

const test = suite('apply of the SDN');
let world: Scratch;
test.before(() => {
  world = scratch();
});
test.after(() => world.end());

interface Node {
  readonly name: string;
  /** What its newest reload says before the apply and after it; undefined: it has none, or none new. */
  readonly before?: string;
  readonly after?: string;
}

interface Settings {
  /** What `pvesh set /cluster/sdn` prints, and its status. */
  readonly out?: string;
  readonly rc?: number;
  /** `exitstatus` of the task of the apply itself. */
  readonly task?: string;
}

const UPID = 'UPID:alpha:0000:00:00:reloadnetworkall::root@pam:';
const reload = (node: string, number: number): string =>
  `UPID:${node}:000${number}:00:00:srvreload:networking:root@pam:`;

/** Applies under each shell, on a cluster of these nodes. */
function apply(
  nodes: readonly Node[],
  settings: Settings,
  body: (rc: number, out: string, calls: readonly string[]) => void,
): void {
  const pending: PveState = {
    exists: true,
    value: { pending: ['zones/crossite new'], version: 1 },
    digest: '',
  };
  const draft = sdnApply({}).plan(pending, () => undefined, 1);
  assert.ok(draft);
  for (const shell of world.shells) {
    const folder = world.folder();
    for (const { name, before, after } of nodes) {
      mkdirSync(join(folder, 'etc', name), { recursive: true });
      const list = (number: number, status: string): string =>
        JSON.stringify([
          { endtime: 1, node: name, status, type: 'srvreload', upid: reload(name, number), user: 'root@pam' },
        ]);
      if (before !== undefined) writeFileSync(join(folder, `${name}.before`), list(1, before));
      if (after !== undefined) writeFileSync(join(folder, `${name}.after`), list(2, after));
      writeFileSync(
        join(folder, `${name}.log`),
        '[{"n":1,"t":"starting"},{"n":2,"t":"error: vmbr9: no such bridge"}]',
      );
    }
    const { out = `alpha: reloading network config\n"${UPID}"`, rc = 0, task = 'OK' } = settings;
    const path = join(folder, 'pvesh');
    writeFileSync(
      path,
      `#!/bin/sh
echo "$1 $2" >>"${folder}/calls"
case "$1 $2" in
'set /cluster/sdn') : >"${folder}/applied"; cat <<'OUT'
${out}
OUT
exit ${rc} ;;
*/tasks/*/log) n=\${2#/nodes/}; cat "${folder}/\${n%%/*}.log" ;;
*/tasks/*/status) echo '{"exitstatus":"${task}","status":"stopped"}' ;;
*/tasks) n=\${2#/nodes/}; n=\${n%%/*}
if [ -e "${folder}/applied" ] && [ -e "${folder}/$n.after" ]; then cat "${folder}/$n.after"; elif [ -e "${folder}/$n.before" ]; then cat "${folder}/$n.before"; else echo '[]'; fi ;;
*) echo "unknown: $*" >&2; exit 99 ;;
esac
`,
    );
    chmodSync(path, 0o755);
    const search = shell
      .run(Sh.of('echo "$PATH"' as never))
      .out.toString()
      .trim();
    const text = draft.run.text.replaceAll('/etc/pve/nodes', `${folder}/etc`);
    const done = shell.run(Sh.of(text as never), { PATH: `${folder}:${search}` });
    body(done.rc, done.out.toString(), readFileSync(join(folder, 'calls'), 'utf8').trim().split('\n'));
  }
}

test('every node has reloaded: it is believed', () =>
  apply(
    [
      { name: 'alpha', before: 'OK', after: 'OK' },
      { name: 'beta', after: 'OK' },
    ],
    {},
    (rc, out, calls) => {
      assert.is(rc, 0, out);
      assert.is(calls.filter((each) => each === 'set /cluster/sdn').length, 1);
    },
  ));

test('a node whose reload fails makes it fail, though pvesh says 0: with the node, its log, and that it is repeated', () =>
  apply(
    [
      { name: 'alpha', before: 'OK', after: 'OK' },
      { name: 'beta', before: 'OK', after: "command 'ifreload -a' failed: exit code 1" },
    ],
    {},
    (rc, out) => {
      assert.is(rc, 1, out);
      assert.match(out, "node beta could not reload its network: command 'ifreload -a' failed: exit code 1");
      assert.match(out, 'error: vmbr9: no such bridge');
      assert.match(out, 'run again: nothing is pending any more, and the apply is repeated all the same');
      assert.not.match(out, 'node alpha');
    },
  ));

test('a node with no new reload has not heard of it; all such are named', () =>
  apply(
    [{ name: 'alpha', before: 'OK', after: 'OK' }, { name: 'beta', before: 'OK' }, { name: 'gamma' }],
    {},
    (rc, out) => {
      assert.is(rc, 1, out);
      assert.match(out, 'node beta has not reloaded its network: is it online?');
      assert.match(out, 'node gamma has not reloaded its network: is it online?');
    },
  ));

test('an old failure of a node that has since reloaded is none', () =>
  apply(
    [{ name: 'alpha', before: "command 'ifreload -a' failed: exit code 1", after: 'OK' }],
    {},
    (rc, out) => assert.is(rc, 0, out),
  ));

test('a lock of 9.x: its cure; no node is asked afterwards', () =>
  apply(
    [{ name: 'alpha', before: 'OK' }],
    {
      out: 'could not commit SDN config: invalid lock token provided! at /usr/share/perl5/x.pm line 1.',
      rc: 255,
    },
    (rc, out, calls) => {
      assert.is(rc, 1, out);
      assert.match(out, 'pvesh delete /cluster/sdn/lock --force 1');
      assert.is(calls.at(-1), 'set /cluster/sdn');
    },
  ));

test('the task of the apply itself ends in an error', () =>
  apply([{ name: 'alpha', before: 'OK', after: 'OK' }], { task: 'no quorum' }, (rc, out) => {
    assert.is(rc, 1, out);
    assert.match(out, 'the task on node alpha ended with: no quorum');
  }));

test('an apply that hangs is ended, with what to look at', () => {
  const pending: PveState = { exists: true, value: { pending: ['zones/crossite new'] }, digest: '' };
  const draft = sdnApply({}).plan(pending, () => undefined, 1);
  const [shell] = world.shells;
  const folder = world.folder();
  writeFileSync(join(folder, 'pvesh'), '#!/bin/sh\nexit 0\n', { mode: 0o755 });
  // As if the time were over at once.
  writeFileSync(
    join(folder, 'timeout'),
    '#!/bin/sh\ncase "$*" in *" set "*) exit 124 ;; esac\nshift; exec "$@"\n',
    {
      mode: 0o755,
    },
  );
  const done = shell?.run(draft?.run ?? Sh.of('' as never), { PATH: `${folder}:/usr/bin:/bin` });
  assert.is(done?.rc, 1);
  assert.match(
    done?.out.toString() ?? '',
    /^pvesh on node \S+ has not answered within 540 seconds: see whether the cluster has quorum/,
  );
});

test('an apply is bounded, and longer than a call', () => {
  const pending: PveState = { exists: true, value: { pending: ['zones/crossite new'] }, digest: '' };
  assert.is(sdnApply({}).plan(pending, () => undefined, 1)?.limitMs, 600_000);
});
