import { execFileSync } from 'node:child_process';
import { mkdirSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Unknown } from '../../lib/base/unknown.ts';
import { packageKind, packageRef, packages } from '../../lib/resources/package/package.ts';
import { assert, suite } from '../suite.ts';
import { Scratch, SHELLS } from './reading.ts';

const test = suite('packages');

/** What dpkg-query of Debian 12 prints for the format of the kind. */
const ROWS = {
  frr: 'ii \tfrr\tamd64\t8.4.4-1.1~deb12u1\t\n',
  broken: 'iF \tbroken\tamd64\t1.0-1\t\n',
  reinst: 'iiR\treinst\tamd64\t1.0-2\t\n',
  gone: 'rc \tgone\tall\t2.0\t\n',
  held: 'hi \theld\tamd64\t3.0\t\n',
  never: 'un \tnever\t\t\t\n',
  postfix: 'ii \tpostfix\tamd64\t3.7.11\tdefault-mta, mail-transport-agent (= 1)\n',
};
const QUERY = `case $* in
*mail-transport-agent*) printf '%s' '${ROWS.frr}${ROWS.broken}${ROWS.reinst}${ROWS.gone}${ROWS.held}${ROWS.never}'; exit 1;;
*) printf '%s' '${ROWS.frr}${ROWS.postfix}';;
esac`;

for (const shell of SHELLS) {
  test(`reads installed, broken, removed, held and provided ones (${shell})`, () => {
    const scratch = new Scratch();
    scratch.command('dpkg-query', QUERY);
    const names = ['frr', 'broken', 'reinst', 'gone', 'held', 'never', 'mail-transport-agent', 'nothing'];
    const states = scratch.states(shell, packageKind, names.map(packageRef));
    assert.equal(
      states.map((state) => [state.status, state.exists, state.version, state.by]),
      [
        ['installed', true, '8.4.4-1.1~deb12u1', undefined],
        ['broken', true, '1.0-1', undefined],
        ['broken', true, '1.0-2', undefined],
        ['config', false, '', undefined],
        ['installed', true, '3.0', undefined],
        ['absent', false, '', undefined],
        ['provided', true, '', 'postfix'],
        ['absent', false, '', undefined],
      ],
    );
    scratch.remove();
  });

  test(`asks the real database (${shell})`, () => {
    const scratch = new Scratch();
    const [dpkg, none, awk] = scratch.states(
      shell,
      packageKind,
      ['dpkg', 'tb-no-such', 'awk'].map(packageRef),
    );
    const version = execFileSync('dpkg-query', ['-W', '-f', '${Version}', 'dpkg']).toString();
    assert.is(dpkg?.version, version);
    assert.is(none?.status, 'absent');
    assert.is(awk?.status, 'provided');
    scratch.remove();
  });

  test(`a broken database is unreadable, as is a host without dpkg (${shell})`, () => {
    const scratch = new Scratch();
    scratch.command('dpkg-query', 'echo "cannot open" >&2; exit 2');
    const [broken] = scratch.read(shell, packageKind, [packageRef('frr')]);
    assert.ok(broken && 'unreadable' in broken && broken.unreadable.includes('cannot be read'));
    const [none] = scratch.read(shell, packageKind, [packageRef('frr')], '/nonexistent');
    assert.ok(none && 'unreadable' in none && none.unreadable.includes('no dpkg'));
    scratch.remove();
  });

  test(`installs in one call, after a refresh when the first one fails (${shell})`, () => {
    const scratch = new Scratch();
    // Fails until the index has been refreshed, as for a package that the old index does not know.
    scratch.command(
      'apt-get',
      `printf '%s\\n' "apt-get $*"; case $* in *update*) : >"$TB_STATE.fresh"; exit 0;; esac; [ -e "$TB_STATE.fresh" ] || exit 100`,
    );
    scratch.command('dpkg-query', QUERY);
    indexOf(scratch, 'now');
    const draft = planned(['jq', 'tree']);
    const lines = scratch.run(shell, draft.run).toString().trim().split('\n');
    const install = lines.filter((line) => line.includes(' install jq tree'));
    assert.is(install.length, 2);
    assert.match(install[0] ?? '', /--force-confdef .*--force-confold .*Install-Recommends=false/);
    assert.is(lines.filter((line) => line.endsWith(' update')).length, 1);
    scratch.remove();
  });

  test(`a failure of the package itself is not tried again (${shell})`, () => {
    const scratch = new Scratch();
    scratch.command('apt-get', `printf '%s\\n' "apt-get $*"; exit 100`);
    scratch.command('dpkg-query', `printf 'iF \\n'`);
    indexOf(scratch, 'now');
    let status = 0;
    let output = '';
    try {
      scratch.run(shell, planned(['jq']).run);
    } catch (error) {
      status = (error as { status: number }).status;
      output = String((error as { stdout: Buffer }).stdout);
    }
    assert.is(status, 100);
    assert.is(output.split('install jq').length, 2);
    scratch.remove();
  });

  for (const when of ['never', '2 days ago'] as const) {
    test(`an index fetched ${when} is refreshed first, once a day (${shell})`, () => {
      const scratch = new Scratch();
      scratch.command('apt-get', `printf '%s\\n' "apt-get $*"`);
      indexOf(scratch, when);
      const verbs = () =>
        [
          ...scratch
            .run(shell, planned(['jq']).run)
            .toString()
            .matchAll(/ (update|install jq)$/gm),
        ].map((each) => each[1]);
      assert.equal(verbs(), ['update', 'install jq']);
      if (when === '2 days ago') assert.equal(verbs(), ['install jq']);
      scratch.remove();
    });
  }
}

/** A folder of package lists of this age, which a fake apt-config points to. */
function indexOf(scratch: Scratch, age: 'never' | 'now' | '2 days ago'): void {
  const lists = join(scratch.root, 'lists');
  mkdirSync(join(lists, 'partial'), { recursive: true });
  scratch.command('apt-config', `echo "tb_lists='${lists}/'"`);
  if (age === 'never') return;
  writeFileSync(join(lists, 'mirror_Packages'), '');
  if (age === 'now') return;
  const then = new Date(Date.now() - 2 * 86_400_000);
  for (const path of [join(lists, 'partial'), lists]) utimesSync(path, then, then);
}

function planned(names: readonly string[]) {
  const [first] = packages(names, { state: 'present' });
  const draft = first?.plan(packageKind.absent, (() => packageKind.absent) as never, 1);
  if (!draft) throw new Error('nothing planned');
  return draft;
}

test('the others of a list find nothing left to do', () => {
  const [first, second] = packages(['frr', 'jq'], { state: 'present' });
  const draft = first?.plan(packageKind.absent, (() => packageKind.absent) as never, 1);
  assert.is(draft?.opaque, true);
  const effect = draft?.effects.find((each) => each.key === 'package:jq');
  assert.is(
    second?.plan(effect?.to as never, () => undefined, 2),
    null,
  );
});

test('what a package brings is told only where it is looked at and not there yet, and never its content', () => {
  const [frr] = packages(['frr'], { state: 'present' });
  const there: Record<string, unknown> = {
    'file:/etc/frr/frr.conf': { exists: false },
    'file:/etc/frr/daemons': { exists: true },
    'unit:frr.service': { exists: false },
  };
  const likely = frr?.plan(packageKind.absent, ((key: string) => there[key]) as never, 1)?.likely ?? [];
  assert.equal(
    likely.map(({ key }) => key),
    ['file:/etc/frr/frr.conf', 'unit:frr.service'],
  );
  const conf = likely[0]?.state as unknown as { readonly exists: boolean; readonly content: unknown };
  assert.ok(conf.exists && conf.content instanceof Unknown);
  const [gone] = packages(['frr'], { state: 'absent' });
  const installed = { exists: true, status: 'installed', version: '8' } as const;
  assert.is(gone?.plan(installed, (() => undefined) as never, 1)?.likely, undefined);
});
