/** Looks of `wait_for` and the kind of a boot, by both shells. */
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bootKind } from '../../lib/resources/boot/boot-kind.ts';
import { compareKernels, newerKernel } from '../../lib/resources/boot/kernel-version.ts';
import { type Look, type WaitHint, waitKind } from '../../lib/resources/wait/wait-kind.ts';
import { assert, suite } from '../suite.ts';

const test = suite('looks of waits');

const file = (path: string, contains?: string): Look => ({ kind: 'file', path, contains });
const command = (shell: string, status = 0): Look => ({ kind: 'command', spec: { run: { shell } }, status });

function read(shell: readonly string[], hints: readonly WaitHint[]): readonly string[] {
  const wants = hints.map((hint, index) => ({ key: `wait:${index}` as const, hint }));
  const [program = '', ...args] = shell;
  const { stdout } = spawnSync(program, args, { input: waitKind.read(wants).text });
  return waitKind
    .parse(stdout, wants)
    .map((one) => ('state' in one ? `${one.state.there ? 'yes' : 'no'} ${one.state.seen}` : one.unreadable));
}

for (const shell of [['dash'], ['busybox', 'sh']] as const) {
  const of = (what: string): string => `${shell.join(' ')}: ${what}`;

  test(of('files, texts in them, commands'), () => {
    const folder = mkdtempSync(join(tmpdir(), 'tightbeam-wait-'));
    const path = join(folder, "it's");
    writeFileSync(path, 'one\nready on 80\n@1 0 yes\n');
    const looks = [
      file(path),
      file(`${path}.not`),
      file(path, '^ready on [0-9]+$'),
      file(path, '^READY'),
      file(`${path}.not`, 'x'),
      file(path, '['),
      file(folder, 'x'),
      command('echo so; echo "@9 0 yes"; exit 3', 3),
      command('echo why >&2; exit 4'),
    ];
    const seen = read(
      shell,
      looks.map((look) => ({ look })),
    );
    assert.match(seen[5] ?? '', /^grep: .*(regular expression|bracket|\[)/i, seen[5] ?? '');
    assert.equal(
      seen.filter((_, index) => index !== 5),
      [
        'yes it is there',
        'no it is not there',
        'yes a line matches',
        'no no line matches, or it is not there',
        'no no line matches, or it is not there',
        'it is a folder',
        'yes status 3: @9 0 yes',
        'no status 4: why',
      ],
    );
    rmSync(folder, { recursive: true });
  });

  test(of('it waits until it is as wanted, each for its own time, and no longer'), () => {
    const folder = mkdtempSync(join(tmpdir(), 'tightbeam-wait-'));
    const path = join(folder, 'there');
    spawn('sh', ['-c', `sleep 1; : >${path}`], { stdio: 'ignore' });
    const began = performance.now();
    const until = (there: boolean, ms: number): NonNullable<WaitHint['until']> => ({
      there,
      ms,
      intervalMs: 200,
    });
    const seen = read(shell, [
      { look: file(path), until: until(true, 10_000) },
      { look: file(join(folder, 'never')), until: until(true, 3000) },
      { look: file(path), until: until(false, 3000) },
      { look: command('sleep 30'), until: until(true, 3000) },
    ]);
    const seconds = (performance.now() - began) / 1000;
    assert.equal(seen, ['yes it is there', 'no it is not there', 'yes it is there', 'no it took too long']);
    assert.ok(seconds >= 2 && seconds < 9, `${seconds} s`);
    rmSync(folder, { recursive: true });
  });

  test(of('how this machine has booted'), () => {
    const wants = [{ key: 'boot:host' as const }];
    const [program = '', ...args] = shell;
    const { stdout } = spawnSync(program, args, { input: bootKind.read(wants).text });
    const [one] = bootKind.parse(stdout, wants);
    assert.ok(one && 'state' in one, stdout.toString());
    assert.match(one.state.id, /^[0-9a-f-]{36}$/);
    assert.is(one.state.kernel, spawnSync('uname', ['-r'], { encoding: 'utf8' }).stdout.trim());
  });
}

test('kernels are compared by their numbers, and only with those of their flavour', () => {
  assert.ok(compareKernels('6.1.0-9-amd64', '6.1.0-10-amd64') < 0);
  assert.is(compareKernels('6.8.12-4-pve', '6.8.12-4-pve'), 0);
  assert.is(newerKernel('6.8.12-4-pve', ['6.8.12-10-pve', '6.8.12-4-pve', '6.11.0-2-pve']), '6.11.0-2-pve');
  assert.is(newerKernel('6.1.0-25-amd64', ['6.1.0-28-cloud-amd64', '0-rescue-8f0c']), undefined);
});
