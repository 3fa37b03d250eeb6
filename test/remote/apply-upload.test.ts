/** Large files on their way beside the script: whole, binary safe, private, and proved before anything is changed. */
import { createHash, randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sh } from '../../lib/base/sh.ts';
import { assert, suite } from '../suite.ts';
import { change, FLAVOURS, failure, job, part, text, withSession } from './shell.ts';

const test = suite('apply-upload');
const scratch = mkdtempSync(join(tmpdir(), 'tb-upload-'));
test.after(() => rmSync(scratch, { recursive: true }));

function local(name: string, content: Buffer) {
  const path = join(scratch, name);
  writeFileSync(path, content);
  return { path, size: content.length, sha256: createHash('sha256').update(content).digest('hex') };
}

for (const flavour of FLAVOURS) {
  test(`${flavour}: files of awkward sizes and of 50 MB arrive whole, in the round trip of the apply`, async () => {
    await withSession({ flavour }, async (session, shells) => {
      const sizes = [0, 1, 196_607, 196_608, 196_609, 50_000_000];
      const uploads = sizes.map((size, index) => local(`f${index}`, randomBytes(size)));
      const started = Date.now();
      const result = await session.apply(
        job(
          uploads.map((upload, index) =>
            change(index, sh`stat -c %a "$TB_UPLOAD"; cp "$TB_UPLOAD" $TB_STATE/f${index}`, { upload }),
          ),
        ),
        {},
      );
      assert.ok(Date.now() - started < 8000, `${Date.now() - started} ms`);
      assert.equal(
        result.changes.map((one) => `${one.rc} ${one.output}`),
        sizes.map(() => '0 600\n'),
      );
      uploads.forEach((upload, index) => {
        const sum = createHash('sha256').update(readFileSync(join(shells.state, `f${index}`)));
        assert.is(sum.digest('hex'), upload.sha256);
      });
      assert.is(session.roundTrips, 1);
    });
  });

  test(`${flavour}: the account of the change may read its upload`, async () => {
    await withSession({ flavour }, async (session) => {
      const upload = local('n', Buffer.from('hello'));
      const result = await session.apply(
        job([
          change(1, sh`id -un; cat "$TB_UPLOAD"`, { upload, user: 'nobody' }),
          change(2, sh`echo "[$TB_UPLOAD]"`),
        ]),
        {},
      );
      assert.equal(
        result.changes.map((one) => `${one.output}`),
        ['nobody\nhello', '[]\n'],
      );
    });
  });

  test(`${flavour}: cut while a file travels: sent again, run once`, async () => {
    await withSession({ flavour }, async (session, shells) => {
      const upload = local('cut', randomBytes(20_000_000));
      await session.read([part('a', sh`:`)]);
      setTimeout(() => shells.wires[0]?.cut(), 150);
      const result = await session.apply(
        job([change(1, sh`echo x >>$TB_STATE/once; sha256sum <"$TB_UPLOAD"`, { upload })]),
        {},
      );
      assert.match(`${result.changes[0]?.output}`, new RegExp(upload.sha256));
      assert.is(readFileSync(join(shells.state, 'once'), 'utf8'), 'x\n');
      assert.is(shells.wires.length, 2);
    });
  });

  test(`${flavour}: a full disk is told before anything is changed`, async () => {
    const login = 'mount -t tmpfs -o size=1m tmpfs /var/lib/tightbeam';
    await withSession({ flavour, login }, async (session) => {
      const upload = local('full', randomBytes(3_000_000));
      const begun: number[] = [];
      const error = await failure(
        session.apply(job([change(1, sh`:`), change(2, sh`:`, { upload })]), {
          begin: (id) => begun.push(id),
        }),
      );
      assert.is(error.code, 'failed');
      assert.match(error.message, /no room on the host for .*full: \d+ of 3000000 bytes fit/);
      assert.equal(begun, []);
    });
  });
}

test('a file that has changed since it was planned is refused', async () => {
  await withSession({}, async (session) => {
    const upload = { ...local('changed', Buffer.from('new')), sha256: '0'.repeat(64) };
    const error = await failure(session.apply(job([change(1, sh`:`, { upload })]), {}));
    assert.match(error.message, /changed did not arrive as it was/);
    assert.match(error.hint ?? '', /do not change the file/);
  });
});

test('an interrupt while a file travels sends nothing more and leaves nothing', async () => {
  await withSession({}, async (session, shells) => {
    await session.read([part('a', sh`:`)]);
    const upload = local('slow', randomBytes(40_000_000));
    const abort = new AbortController();
    setTimeout(() => abort.abort(), 150);
    const begun: number[] = [];
    const applying = session.apply(
      job([change(1, sh`:`, { upload })]),
      { begin: (id) => begun.push(id) },
      abort.signal,
    );
    assert.is((await failure(applying)).code, 'interrupted');
    const [after] = await session.read([part('b', sh`umask; ls $TB_STATE/runs/r1`)]);
    assert.is(text(after), '0022\n');
    assert.equal(begun, []);
    assert.not(shells.sent().includes('shell.log'));
  });
});

test('a file that is gone is named', async () => {
  await withSession({}, async (session) => {
    const upload = { path: join(scratch, 'gone'), size: 1, sha256: '0'.repeat(64) };
    const error = await failure(session.apply(job([change(1, sh`:`, { upload })]), {}));
    assert.match(error.message, /cannot read .*gone/);
  });
});
