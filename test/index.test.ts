/** What authors import: every name of `tightbeam` says what it is for. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from './fixture/page.ts';
import { assert, suite } from './suite.ts';

const test = suite('tightbeam');

/** Each exported name with the file that defines it. */
function exported(): readonly (readonly [name: string, file: string])[] {
  const text = readFileSync(join(ROOT, 'lib/index.ts'), 'utf8');
  return [...text.matchAll(/export (?:type )?\{([^}]*)\} from '\.\/([^']+)'/g)].flatMap(
    ([, names = '', file = '']) =>
      names
        .split(',')
        .map((name) => name.trim().replace(/^type /, ''))
        .filter((name) => name !== '')
        .map((name) => [name, file] as const),
  );
}

test('every name has a docstring', () => {
  const names = exported();
  assert.ok(names.length > 50);
  const bare = names.filter(([name, file]) => {
    const text = readFileSync(join(ROOT, 'lib', file), 'utf8');
    return !new RegExp(`\\*/\\n(?://.*\\n)?export (?:const|function|class|interface|type) ${name}\\b`).test(
      text,
    );
  });
  assert.equal(bare, []);
});

test('every function that authors call has one for each of its fields, too', () => {
  const text = readFileSync(join(ROOT, 'lib/model/kind.ts'), 'utf8');
  const [, body = ''] = /export interface Kind<[^{]*\{\n([\s\S]*?)\n\}/.exec(text) ?? [];
  const fields = [...body.matchAll(/(\*\/)?\n? {2}(?:readonly )?(\w+)\??[(:]/g)];
  assert.ok(fields.length >= 6);
  assert.equal(
    fields.filter(([, comment]) => !comment).map(([, , name]) => name),
    [],
  );
});
