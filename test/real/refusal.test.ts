/** What is broken is refused with exit 1, and not one packet leaves the machine: counted by the kernel, in a network of its own. */
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { corpus } from '../fixture/corpus.ts';
import { ROOT } from '../fixture/page.ts';
import { builtinTasks, fixtures } from '../load/world.ts';
import { assert, suite } from '../suite.ts';

const test = suite('refusal');
const root = mkdtempSync(join(tmpdir(), 'tightbeam-refusal-'));
test.after(() => rmSync(root, { recursive: true, force: true }));

/** A network where SYNs could go out: the hosts' addresses have a route, and rules count. */
const NETWORK = `
set -e
ip link set lo up
ip route add local 10.99.0.0/16 dev lo
nft -f - <<'RULES'
table inet count {
  counter syn { }
  counter anything { }
  chain out {
    type filter hook output priority 0;
    meta nfproto ipv6 ip6 nexthdr icmpv6 accept
    counter name anything
    tcp flags & (syn | ack) == syn counter name syn
  }
}
RULES
set +e
`;
const COUNTS = 'nft -j list counters | sed "s/^/@counters /"';

interface Counted {
  readonly lines: readonly string[];
  readonly syn: number;
  readonly packets: number;
}

function inside(command: string): Counted {
  const script = `${NETWORK}\n${command}\n${COUNTS}`;
  const { stdout, stderr } = spawnSync('unshare', ['--net', 'sh', '-c', script], {
    cwd: root,
    encoding: 'utf8',
    maxBuffer: 1e8,
    env: { PATH: process.env.PATH, HOME: root, WG_PSK: 'hush', NO_COLOR: '1', TSX: TSX },
  });
  const lines = stdout.split('\n').filter((line) => line !== '');
  const found = lines.find((line) => line.startsWith('@counters '));
  assert.ok(found, `${stdout}\n${stderr}`);
  const { nftables } = JSON.parse(found?.slice(10) ?? '{}') as {
    readonly nftables: readonly { readonly counter?: { readonly name: string; readonly packets: number } }[];
  };
  const count = (name: string): number =>
    nftables.find(({ counter }) => counter?.name === name)?.counter?.packets ?? Number.NaN;
  return { lines: lines.filter((line) => line !== found), syn: count('syn'), packets: count('anything') };
}

const TSX = join(ROOT, 'node_modules/tsx/dist/esm/index.mjs');
const node = `${process.execPath} --import "$TSX"`;

/** The project of the loader's tests, its made-up tasks as tasks of its own, its hosts where SYNs would be seen. */
test.before(async () => {
  cpSync(join(fixtures, 'base'), root, { recursive: true });
  mkdirSync(join(root, 'tasks'));
  for (const [name, load] of builtinTasks) {
    const { summary, params, outputs } = await load();
    const parts = `summary: ${JSON.stringify(summary)}, params: ${JSON.stringify(params)}, outputs: ${JSON.stringify(outputs ?? {})}`;
    writeFileSync(
      join(root, 'tasks', `${name}.ts`),
      `import { defineTask } from 'tightbeam';\nexport default defineTask({ ${parts}, desire: () => [] } as never);\n`,
    );
  }
  const hosts = join(root, 'inventory/prod/hosts.yaml');
  let next = 2;
  const addressed = readFileSync(hosts, 'utf8').replace(/^ {2}(\w+): \{ groups:/gm, (_, name) => {
    next += 1;
    return `  ${name}: { address: 10.99.0.${next}, user: root, groups:`;
  });
  assert.is(next, 5);
  writeFileSync(hosts, addressed);
});

test('what is right does try to connect, and is counted', () => {
  const { syn, lines } = inside(
    `${node} ${join(ROOT, 'lib/cli/bin.ts')} provision prod --project . --timeout 1 >/dev/null 2>&1; echo "exit $?"`,
  );
  assert.equal(lines, ['exit 4']);
  assert.ok(syn >= 3, `${syn} SYNs`);
}, 60_000);

test('the whole corpus is refused, and nothing is sent', () => {
  const { syn, packets, lines } = inside(`${node} ${join(ROOT, 'test/fixture/refuse-corpus.ts')}`);
  const ends = new Map(
    lines.map((line) => {
      const [name, exit, codes] = JSON.parse(line) as [string, number, readonly string[]];
      return [name, { exit, codes }];
    }),
  );
  const cases = corpus();
  assert.ok(cases.length >= 220);
  for (const { kind, name, faults } of cases) {
    const end = ends.get(`${kind}/${name}`);
    assert.is(end?.exit, 1, name);
    assert.equal(
      end?.codes,
      faults.map((fault) => fault.replace(/ .*/, '')),
      name,
    );
  }
  assert.is(syn, 0);
  assert.is(packets, 0);
}, 120_000);
