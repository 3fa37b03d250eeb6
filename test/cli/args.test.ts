/** Command lines: flags, values, and what is wrong with them. */
import { RunError } from '../../lib/base/error.ts';
import { parseCommandLine } from '../../lib/cli/args.ts';
import { RUN_FLAGS } from '../../lib/cli/flag.ts';
import { REFUSED_FLAGS } from '../../lib/cli/refused-flag.ts';
import { assert, suite } from '../suite.ts';

const test = suite('arguments');

const parse = (...argv: string[]) => parseCommandLine(argv, RUN_FLAGS);

function refusal(...argv: string[]): RunError {
  try {
    parse(...argv);
  } catch (error) {
    if (error instanceof RunError) return error;
    throw error;
  }
  throw new Error('nothing was refused');
}

test('words, flags and values in any order', () => {
  const args = parse('site', '-l', 'a', 'inv', '--limit=b', '-DC', '-e', 'x=1', '--forks', '3');
  assert.equal(args.positionals, ['site', 'inv']);
  assert.equal(args.values('limit'), ['a', 'b']);
  assert.ok(args.has('diff') && args.has('dry-run'));
  assert.is(args.value('forks'), '3');
  assert.is(args.value('tags'), undefined);
});

test('values that begin with a dash or an exclamation mark', () => {
  assert.is(parse('s', 'i', '--limit', '!wro').value('limit'), '!wro');
  assert.is(parse('s', 'i', '-l', '-x').value('limit'), '-x');
  assert.is(parse('s', 'i', '-lwro').value('limit'), 'wro');
  assert.is(parse('s', 'i', '-Dl', 'wro').value('limit'), 'wro');
});

test('--check and -C are --dry-run', () => {
  for (const word of ['--check', '-C', '--dry-run']) assert.ok(parse('s', 'i', word).has('dry-run'));
});

test('an unknown flag says what was meant', () => {
  assert.match(refusal('s', 'i', '--dryrun').hint ?? '', /--dry-run/);
  assert.match(refusal('s', 'i', '--limits', 'a').hint ?? '', /--limit/);
  assert.match(refusal('s', 'i', '-Z').message, /-Z/);
});

test('a missing value, and a value too many', () => {
  assert.match(refusal('s', 'i', '--limit').message, /--limit needs a value/);
  assert.match(refusal('s', 'i', '--json=yes').message, /--json takes no value/);
  assert.is(refusal('s', '--tags').code, 'invalid');
});

test('flags known from elsewhere say what to do instead, and their values are looked at', () => {
  for (const flag of REFUSED_FLAGS) assert.ok((refusal('s', 'i', flag, 'x').hint ?? '').length > 10, flag);
  assert.match(refusal('s', 'i', '-k').hint ?? '', /key or an agent/);
  assert.match(refusal('s', 'i', '--ssh-common-args=-o X=y').hint ?? '', /~\/\.ssh\/config/);
  assert.ok(parse('s', 'i', '--list-tasks').has('list-steps'));
  assert.match(refusal('s', '-f', '0').message, /--forks takes a whole number from 1, not "0"/);
  assert.match(refusal('s', '--become-method', 'ksu').message, /sudo, su or doas, not "ksu"/);
});

test('after -- all words are words', () => {
  const args = parse('s', '--', '--dry-run');
  assert.equal(args.positionals, ['s', '--dry-run']);
  assert.equal(args.rest, ['--dry-run']);
  assert.is(parse('s').rest, undefined);
});
