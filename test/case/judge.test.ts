/** Cases of tasks: what is told when one does not hold, and what no file of cases may hold. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RunError } from '../../lib/base/error.ts';
import { formatPlace } from '../../lib/base/problem.ts';
import { readCases } from '../../lib/case/case-file.ts';
import { judgeCase } from '../../lib/case/judge.ts';
import { absolutePath, defineTask, file, PlanError, toBytes } from '../../lib/index.ts';
import type { AnyTask } from '../../lib/model/task.ts';
import { assert, suite } from '../suite.ts';

const test = suite('cases of tasks');
const scratch = mkdtempSync(join(tmpdir(), 'tightbeam-case-'));
test.after(() => rmSync(scratch, { recursive: true, force: true }));

const notice = defineTask({
  summary: 'A notice',
  params: {
    type: 'object',
    additionalProperties: false,
    required: ['text'],
    properties: {
      text: { type: 'string', minLength: 1, description: 'What it says.' },
      path: { ...absolutePath('Where.'), default: '/etc/notice' },
    },
  },
  check: ({ text }) => (text === 'bad' ? [{ path: ['text'], message: 'a bad word' }] : []),
  desire({ text, path }) {
    if (text === 'never') throw new PlanError('it cannot be said', 'say something else');
    return [file(path, { content: toBytes(`${text}\n`), mode: '0644' })];
  },
}) as unknown as AnyTask;

async function cases(text: string) {
  const path = join(scratch, 'notice.yaml');
  writeFileSync(path, text);
  return readCases(path, 'notice.yaml');
}

async function judged(text: string): Promise<readonly string[]> {
  const found: string[] = [];
  for (const one of await cases(text))
    for (const { message, expected = [], found: came = [] } of judgeCase(notice, one, scratch))
      found.push(
        [message, ...expected.map((line) => `- ${line}`), ...came.map((line) => `+ ${line}`)].join('\n'),
      );
  return found;
}

const FILE = 'file:/etc/notice';

test('cases that hold leave nothing to tell', async () => {
  const good = `- { name: make, params: { text: a }, changes: [{ key: "${FILE}", action: create }] }
- { name: none, params: { text: a }, state: { "${FILE}": { content: "a\\n" } }, changes: [], why: there }
- { name: empty, params: { text: "" }, invalid: text }
- { name: word, params: { text: bad }, faults: ["text: bad word"] }
- { name: refused, params: { text: never }, error: cannot be said }
`;
  assert.equal(await judged(good), []);
});

test('changes that are others are shown beside those of the case', async () => {
  assert.equal(
    await judged(`- { name: a, params: { text: a }, changes: [{ key: "${FILE}", action: update }] }\n`),
    [`the changes are others\n- {"key":"${FILE}","action":"update"}\n+ {"key":"${FILE}","action":"create"}`],
  );
  const [unexpected] = await judged('- { name: a, params: { text: a }, changes: [], why: none }\n');
  assert.match(
    unexpected ?? '',
    /^the changes are others\n\+ .*"action":"create","summary":"create, 2 bytes, mode 0644"/,
  );
  const [summary] = await judged(
    `- { name: a, params: { text: a }, changes: [{ key: "${FILE}", action: create, summary: made }] }\n`,
  );
  assert.match(summary ?? '', /- .*"summary":"made"\}\n\+ .*"summary":"create, /);
});

test('refusals: of the schema, of the check, of planning, and their absence', async () => {
  const messages = await judged(`- { name: a, params: {}, changes: [], why: none }
- { name: b, params: { text: a }, invalid: text }
- { name: c, params: { text: bad }, changes: [], why: none }
- { name: d, params: { text: bad }, faults: ["text: another"] }
- { name: e, params: { text: a }, error: something }
- { name: f, params: { text: never }, error: something }
- { name: g, params: { text: a }, later: something }
`);
  assert.equal(
    messages.map((message) => message.split('\n')[0]),
    [
      'the parameters do not fit the schema',
      'the parameters are refused with nothing',
      'the check finds other faults',
      'the check finds other faults',
      'planning is not refused',
      'planning is refused with something else',
      'it is known after apply because of nothing',
    ],
  );
});

test('what no file of cases may hold, each with its line', async () => {
  const faults = async (text: string): Promise<readonly string[]> => {
    try {
      await cases(text);
    } catch (error) {
      if (!(error instanceof RunError)) throw error;
      return error.problems.map(({ code, place, hint }) =>
        `${code} ${place ? formatPlace(place) : '-'} ${hint ?? ''}`.trim(),
      );
    }
    return [];
  };
  assert.equal(
    await faults(`- name: one
  chnages: []
- params: {}
- name: two
  changes: []
- name: three
  invalid: a
  error: b
`),
    [
      'case-shape notice.yaml:1:3 did you mean "changes"?',
      'case-shape notice.yaml:1:3 say one of them, and no more',
      'case-shape notice.yaml:3:3 write - name: what the case shows',
      'case-shape notice.yaml:4:3 say it: why: the notice stands there',
      'case-shape notice.yaml:6:3 say one of them, and no more',
    ],
  );
  assert.equal(await faults('- name: [\n'), ['case-yaml notice.yaml:2:1']);
  assert.equal(await faults('name: a\n'), ['case-yaml notice.yaml:1:1']);
  assert.equal(await faults('[]\n'), ['no-cases - write one: - name: …']);
});
