/** Where a flag's value comes from: the command line, a variable, run.yaml, or nobody. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RunError } from '../../lib/base/error.ts';
import { formatPlace } from '../../lib/base/problem.ts';
import { type Args, parseCommandLine } from '../../lib/cli/args.ts';
import { DEFAULTS } from '../../lib/cli/default-flag.ts';
import { OTHER_VARIABLES, variableOf } from '../../lib/cli/environment.ts';
import { RUN_FLAGS } from '../../lib/cli/flag.ts';
import { inventoryWord, nameSource } from '../../lib/cli/inventory-word.ts';
import { meantVerb } from '../../lib/cli/meant-verb.ts';
import { carriedWords, rerunCommand } from '../../lib/cli/rerun.ts';
import { type Settings, settle } from '../../lib/cli/setting.ts';
import { assert, suite } from '../suite.ts';

const test = suite('settings');
const root = mkdtempSync(join(tmpdir(), 'tightbeam-settings-'));
mkdirSync(join(root, 'runbooks'));
mkdirSync(join(root, 'inventory'));
writeFileSync(join(root, 'hosts.yaml'), '');

test.after(() => rmSync(root, { recursive: true, force: true }));

interface World {
  readonly yaml?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
}

async function settings(argv: readonly string[], { yaml, env = {}, cwd = root }: World): Promise<Settings> {
  const path = join(root, 'run.yaml');
  rmSync(path, { force: true });
  if (yaml !== undefined) writeFileSync(path, yaml);
  return settle(parseCommandLine(argv, RUN_FLAGS), RUN_FLAGS, { cwd, env });
}

async function args(argv: readonly string[], world: World): Promise<Args> {
  return (await settings(argv, world)).args;
}

/** `code place` of each problem, and the whole text. */
async function refusal(world: World): Promise<{ readonly codes: readonly string[]; readonly text: string }> {
  try {
    await settings(['book'], world);
  } catch (error) {
    if (!(error instanceof RunError)) throw error;
    const codes = error.problems.map(({ code, place }) => `${code}${place ? ` ${formatPlace(place)}` : ''}`);
    return { codes, text: error.message };
  }
  throw new Error('nothing was refused');
}

test('the command line wins over a variable, that over run.yaml, and that over what is built in', async () => {
  const yaml = 'forks: 3\nbecome: true\n';
  const env = { RUN_FORKS: '2' };
  const forks = async (argv: string[], world: World): Promise<string> => {
    const found = await args(argv, world);
    return `${found.value('forks')} ${found.source('forks')?.kind}`;
  };
  assert.is(await forks(['book', '-f1'], { yaml, env }), '1 flag');
  assert.is(await forks(['book'], { yaml, env }), '2 environment');
  assert.is(await forks(['book'], { yaml }), '3 file');
  assert.is(await forks(['book'], {}), '50 default');
  assert.ok((await args(['book'], { yaml })).has('become'));
  assert.not((await args(['book'], { yaml, env: { RUN_BECOME: '0' } })).has('become'));
  assert.not((await args(['book'], { yaml: 'become: false\n' })).has('become'));
});

test('what is built in is nothing that anybody has said', async () => {
  const found = await args(['book'], {});
  assert.not(found.has('forks'));
  assert.is(found.value('host-key'), 'strict');
  assert.is(found.value('limit'), undefined);
});

test('every flag is a variable, aliases included', async () => {
  for (const { name, alias, type, choices, number, value: word } of RUN_FLAGS) {
    if (name === 'help' || name === 'version' || variableOf(name) in OTHER_VARIABLES) continue;
    const value =
      type === 'boolean' ? 'true' : (choices?.[0] ?? (number ? '7' : word === 'TIME' ? '7s' : 'x'));
    const found = await args(['book'], { env: { [variableOf(name)]: value } });
    assert.equal(found.values(alias ?? name), [value], name);
  }
});

test('a variable with a value that its flag does not take, all of them at once', async () => {
  const env = { RUN_DRY_RUN: 'yes', RUN_FORKS: 'many', RUN_LIMIT: '', RUN_HOST_KEY: 'lax', RUN_JSON: '2' };
  const { codes, text } = await refusal({ env, yaml: 'forks: x\n' });
  assert.equal(codes, [...Array(5).fill('bad-setting'), 'wrong-type run.yaml:1:8']);
  assert.match(text, /RUN_DRY_RUN is 1, true, 0 or false, not "yes"/);
  assert.match(text, /RUN_FORKS takes a whole number from 1, not "many"/);
  assert.match(text, /RUN_LIMIT is empty/);
  assert.match(text, /RUN_HOST_KEY is strict or accept-new, not "lax"/);
});

test('a variable that is no setting: warned of; refused where it would have held the run back', async () => {
  const warned = async (name: string): Promise<readonly string[]> =>
    (await settings(['book'], { env: { [name]: '1' } })).warnings;
  assert.match(
    (await warned('RUN_FROKS'))[0] ?? '',
    /RUN_FROKS is no setting of run: did you mean "RUN_FORKS"/,
  );
  assert.equal(await warned('RUN_XYZZY'), ['RUN_XYZZY is no setting of run']);
  for (const quiet of ['RUN_SSH_CONFIG', 'RUN_BECOME_PASSWORD', 'RUN_DISPLAY_URL', 'RUN_DRIVER', 'PATH'])
    assert.equal(await warned(quiet), [], quiet);
  for (const name of ['RUN_DRYRUN', 'RUN_LIMITS', 'RUN_TAG']) {
    assert.equal((await refusal({ env: { [name]: '1' } })).codes, ['unknown-setting'], name);
  }
});

test('run.yaml: what is wrong with it, each at its place', async () => {
  const { codes, text } = await refusal({
    yaml: 'froks: 3\nlimit: west\nbecome: yes\nforks: 0\nhost_key: strict\ntransport: pigeon\n',
  });
  assert.equal(codes, [
    'unknown-key run.yaml:1:1',
    'not-a-default run.yaml:2:1',
    'wrong-type run.yaml:3:9',
    'bad-value run.yaml:4:8',
    'not-a-default run.yaml:5:1',
    'bad-value run.yaml:6:12',
  ]);
  assert.match(text, /did you mean "forks"/);
  assert.match(text, /write "host-key"/);
  assert.match(text, /write true/);
  assert.equal((await refusal({ yaml: 'a: 1\na: 2\n' })).codes.includes('duplicate-key run.yaml:2:1'), true);
  assert.equal((await refusal({ yaml: '- forks\n' })).codes, ['wrong-type run.yaml:1:1']);
});

test('run.yaml that says nothing is as good as none', async () => {
  for (const yaml of ['', '# later\n', '{}\n'])
    assert.is((await args(['book'], { yaml })).value('forks'), '50', yaml);
});

test('run.yaml may hold what docs/reference.md says, and every other flag is told why not', async () => {
  const page = readFileSync(join(import.meta.dirname, '../../docs/reference.md'), 'utf8');
  const [, list = ''] = /\n(`inventory`, [\s\S]*?) may stand there/.exec(page) ?? [];
  const named = [...list.matchAll(/`([\w-]+)`/g)].map(([, name]) => name);
  assert.equal(named.sort(), [...DEFAULTS.keys()].sort());
  for (const { name } of RUN_FLAGS.filter((flag) => !DEFAULTS.has(flag.name))) {
    assert.equal((await refusal({ yaml: `${name}: true\n` })).codes, ['not-a-default run.yaml:1:1'], name);
  }
});

test('paths in run.yaml are relative to it; an inventory may be a name', async () => {
  const cwd = join(root, 'runbooks');
  const found = async (yaml: string, name: string): Promise<string | undefined> =>
    (await args(['book'], { yaml, cwd })).value(name);
  assert.is(await found('private-key: keys/id\n', 'private-key'), join(root, 'keys/id'));
  assert.is(await found('private-key: ~/.ssh/id\n', 'private-key'), '~/.ssh/id');
  assert.is(await found('inventory: hosts.yaml\n', 'inventory'), join(root, 'hosts.yaml'));
  assert.is(await found('inventory: prod\n', 'inventory'), 'prod');
});

test('the inventory: its word, or what is said elsewhere; never two on one command line', async () => {
  const word = async (argv: readonly string[], world: World = {}): Promise<string> => {
    const found = await args(argv, world);
    return inventoryWord(found, found.positionals[1]);
  };
  const world = { yaml: 'inventory: prod\n' };
  assert.is(await word(['book']), '');
  assert.is(await word(['book'], world), 'prod');
  assert.is(await word(['book', 'lab'], world), 'lab');
  assert.is(await word(['book', '-i', 'lab'], world), 'lab');
  assert.is(await word(['book'], { ...world, env: { RUN_INVENTORY: 'test' } }), 'test');
  assert.match(await word(['book', 'a', '-i', 'b']).catch((error) => error.message), /named twice: a and/);
});

test('an inventory that is not there: who named it', async () => {
  const problem = { code: 'no-inventory', message: 'no inventory "x"', hint: 'give another' } as const;
  const error = new RunError('invalid', problem.message, { problems: [problem] });
  const told = async (world: World, word?: string): Promise<RunError> =>
    nameSource(error, await args(['book'], world), word);
  const file = await told({ yaml: 'forks: 2\ninventory: x\n' });
  assert.is(file.message, 'run.yaml:2:12 names the inventory: no inventory "x"');
  assert.is(file.problems[0]?.place?.line, 2);
  assert.match((await told({ env: { RUN_INVENTORY: 'x' } })).message, /^RUN_INVENTORY names/);
  assert.is(await told({ yaml: 'inventory: y\n' }, 'x'), error);
  assert.is(await told({}), error);
});

test('a first word that is nearly a verb, and no runbook', () => {
  const usage = new RunError('invalid', 'too many words: x', { hint: 'run --help' });
  assert.is(meantVerb(usage, 'exce', root).hint, 'did you mean "run exec"? run --help');
  assert.is(meantVerb(usage, 'provision', root), usage);
  writeFileSync(join(root, 'runbooks/exce.yaml'), '');
  assert.is(meantVerb(usage, 'exce', root), usage);
  const about = new RunError('invalid', 'm', { problems: [{ code: 'no-host', message: 'm' }] });
  assert.is(meantVerb(about, 'pin', root), about);
});

test('the next command says what the environment said of hosts, steps and accounts', async () => {
  const next = async (
    argv: readonly string[],
    env: Record<string, string>,
    hosts: readonly string[],
    again?: 'look',
  ): Promise<string> => rerunCommand(argv, carriedWords(await args(argv, { env })))(hosts, again);
  const env = { RUN_LIMIT: 'west', RUN_TAGS: 'a,b', RUN_BECOME: '1', RUN_JSON: '1', RUN_FORKS: '9' };
  assert.is(await next(['s', 'i'], env, []), 'run s i --limit west --tags a,b --become');
  assert.is(await next(['s', 'i'], env, ['h']), 'run s i --tags a,b --become --limit h');
  assert.is(await next(['s', 'i', '-l', 'x'], env, []), 'run s i -l x --tags a,b --become');
  assert.is(await next(['s', 'i'], { RUN_BECOME: '0', RUN_EXTRA_VARS: 'a=b' }, []), 'run s i');
  assert.is(await next(['s', 'i'], { RUN_DRY_RUN: '1' }, []), 'RUN_DRY_RUN=0 run s i');
  assert.is(await next(['s', 'i'], { RUN_DRY_RUN: '1' }, ['h'], 'look'), 'run s i --limit h');
});
