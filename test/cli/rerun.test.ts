/** The command line that is named as the next one. */
import { rerunCommand } from '../../lib/cli/rerun.ts';
import { assert, suite } from '../suite.ts';

const test = suite('next command');

const TABLE: readonly [string, string[], string[], string][] = [
  ['as it was', ['site', 'inv'], [], 'run site inv'],
  ['for hosts', ['site', 'inv'], ['a', 'b'], 'run site inv --limit a,b'],
  ['each host once', ['site', 'inv'], ['a', 'b', 'a'], 'run site inv --limit a,b'],
  [
    'without dry run',
    ['site', 'inv', '--dry-run', '-C', '--check', '--detailed-exitcode'],
    [],
    'run site inv',
  ],
  [
    'another limit',
    ['site', '--limit', 'west', 'inv', '-l', 'x', '--limit=y', '-lz'],
    ['a'],
    'run site inv --limit a',
  ],
  ['its own limit', ['site', 'inv', '-l', 'west', '-C'], [], 'run site inv -l west'],
  ['quoted', ['site', 'inv', '-e', "name=it's me"], [], "run site inv -e 'name=it'\\''s me'"],
  ['values that look like flags', ['site', 'inv', '-e', '--json', '--json'], [], 'run site inv -e --json'],
  ['a limit joined to other flags', ['s', 'i', '-DCl', 'west', '-bly'], ['a'], 'run s i -D -b --limit a'],
  ['words after --', ['s', '--', '-l'], ['a'], 'run s --limit a -- -l'],
  ['flags joined', ['site', 'inv', '-DC', '-bCv'], [], 'run site inv -D -bv'],
];

for (const [name, argv, hosts, wanted] of TABLE) {
  test(name, () => assert.is(rerunCommand(argv)(hosts), wanted));
}

test('another look, at some hosts', () =>
  assert.is(
    rerunCommand(['site', 'inv', '-C', '--detailed-exitcode', '--json'])(['a'], 'look'),
    'run site inv -C --detailed-exitcode --limit a',
  ));
