/** Problems in every format: words, escapes, carets. */
import { createRequire } from 'node:module';
import type { Ajv2020 } from 'ajv/dist/2020.js';
import type { Problem } from '../../lib/base/problem.ts';
import type { Validation } from '../../lib/model/validation.ts';
import { githubCommand } from '../../lib/render/github-command.ts';
import { createPaint } from '../../lib/render/paint.ts';
import { problemGithub } from '../../lib/render/problem-github.ts';
import { problemJson } from '../../lib/render/problem-json.ts';
import { problemSarif } from '../../lib/render/problem-sarif.ts';
import { problemText } from '../../lib/render/problem-text.ts';
import { SARIF_SCHEMA } from '../fixture/sarif-schema.ts';
import { assert, suite } from '../suite.ts';

const test = suite('problems rendered');

const PAIR = { runbook: 'site', inventory: 'inventory/prod' };
const ERROR: Problem = {
  code: 'unknown-task',
  message: 'no task "fiel"',
  place: { file: 'run books/a,b:c.yaml', line: 3, col: 11 },
  hint: 'did you mean "file"?',
  excerpt: '  - task: fiel',
};
const WARNING: Problem = {
  code: 'runbook-name',
  severity: 'warning',
  message: 'odd',
  place: { file: '/a%b/é.yaml', line: 1, col: 1 },
};
const NOWHERE: Problem = { code: 'no-inventory', message: 'which inventory?' };

function found(...problems: readonly Problem[]): Validation {
  return { problems, checked: [PAIR], left: [] };
}

const text = problemText(createPaint(false));

test('text: place, message, code, line, caret, hint, and a summary', () => {
  assert.is(
    text(found(ERROR, WARNING, NOWHERE)),
    `run books/a,b:c.yaml:3:11: error: no task "fiel" [unknown-task]
  3 |   - task: fiel
    |           ^
  → did you mean "file"?

/a%b/é.yaml:1:1: warning: odd [runbook-name]

error: which inventory? [no-inventory]

2 errors, 1 warning in 2 files (site with inventory/prod)
`,
  );
});

test('text: the summary says what was looked at', () => {
  assert.is(text(found()), 'nothing wrong (site with inventory/prod)\n');
  assert.match(text(found(WARNING)), /\n1 warning in 1 file \(/);
  const lab = { runbook: 'site', inventory: 'inventory/lab' };
  const other = { runbook: 'other', inventory: 'inventory/prod' };
  assert.is(
    text({ problems: [], checked: [PAIR, other], left: [lab] }),
    "not checked: site with inventory/lab: the runbook's hosts are not in that inventory\n" +
      'nothing wrong (2 runbooks with 1 inventory)\n',
  );
  const alone = { runbook: 'site', inventory: undefined };
  assert.is(
    text({ problems: [], checked: [alone], left: [] }),
    'nothing wrong (site, without an inventory)\n',
  );
});

/** The line and the line of the caret. */
function caret(excerpt: string, col: number): readonly string[] {
  const lines = text(found({ ...ERROR, excerpt, place: { file: 'f', line: 7, col } })).split('\n');
  return lines.slice(1, 3).map((line) => line.slice(6));
}

test('text: the caret stands below its character', () => {
  assert.equal(caret('\ta: b', 2), ['\ta: b', '\t^']);
  assert.equal(caret('日本: x', 5), ['日本: x', '      ^']);
  assert.equal(caret('🙂: x', 5), ['🙂: x', '    ^']);
  assert.equal(caret('e\u0301: x', 5), ['e\u0301: x', '   ^']);
  const [line = '', below = ''] = caret(`${'x'.repeat(5000)}HERE${'y'.repeat(5000)}`, 5001);
  assert.ok(line.length < 130);
  assert.is(line.indexOf('HERE'), below.indexOf('^'));
});

test('text: nothing from a file moves the cursor', () => {
  const nasty = { ...ERROR, message: 'a\u001b[2Jb', excerpt: 'x\u001b]0;t\u0007\0' };
  assert.not.match(text(found(nasty)).replaceAll('\n', ''), /\p{Cc}/u);
});

test('github: what would end a property or the command is escaped', () => {
  assert.is(
    problemGithub(found(ERROR, WARNING, NOWHERE)),
    `::error file=run books/a%2Cb%3Ac.yaml,line=3,col=11,title=unknown-task::no task "fiel"%0A→ did you mean "file"?
::warning file=/a%25b/é.yaml,line=1,col=1,title=runbook-name::odd
::error title=no-inventory::which inventory?
errors: 2, warnings: 1
`,
  );
  assert.is(githubCommand('notice', {}, '50%\r\n::error::x'), '::notice::50%25%0D%0A::error::x');
});

test('json: one document on one line', () => {
  const line = problemJson(found(ERROR, WARNING, NOWHERE));
  assert.is(line.indexOf('\n'), line.length - 1);
  assert.equal(JSON.parse(line), {
    problems: [
      {
        severity: 'error',
        code: 'unknown-task',
        message: 'no task "fiel"',
        file: 'run books/a,b:c.yaml',
        line: 3,
        col: 11,
        hint: 'did you mean "file"?',
        excerpt: '  - task: fiel',
      },
      { severity: 'warning', code: 'runbook-name', message: 'odd', file: '/a%b/é.yaml', line: 1, col: 1 },
      { severity: 'error', code: 'no-inventory', message: 'which inventory?' },
    ],
    errors: 2,
    warnings: 1,
    checked: [PAIR],
    left: [],
  });
});

interface Log {
  readonly runs: readonly {
    readonly tool: { readonly driver: { readonly rules: readonly { readonly id: string }[] } };
    readonly results: readonly {
      readonly ruleId: string;
      readonly ruleIndex: number;
      readonly locations?: readonly {
        readonly physicalLocation: { readonly artifactLocation: { readonly uri: string } };
      }[];
    }[];
  }[];
}

test('sarif: it has the structure of SARIF 2.1.0, and each result its rule', () => {
  const library = createRequire(import.meta.url)('ajv/dist/2020.js') as {
    Ajv2020: new (options: object) => Ajv2020;
  };
  const fits = new library.Ajv2020({ allErrors: true }).compile(SARIF_SCHEMA);
  for (const problems of [[], [ERROR, WARNING, NOWHERE, ERROR]]) {
    const log = JSON.parse(problemSarif('1.2.3')(found(...problems))) as Log;
    assert.ok(fits(log), JSON.stringify(fits.errors));
    const [run] = log.runs;
    assert.is(run?.results.length, problems.length);
    for (const { ruleId, ruleIndex } of run?.results ?? [])
      assert.is(run?.tool.driver.rules[ruleIndex]?.id, ruleId);
    const uris = run?.results.flatMap(({ locations }) =>
      (locations ?? []).map(({ physicalLocation }) => physicalLocation.artifactLocation.uri),
    );
    const wanted = ['run%20books/a%2Cb%3Ac.yaml', 'file:///a%25b/%C3%A9.yaml', 'run%20books/a%2Cb%3Ac.yaml'];
    assert.equal(uris, problems.length === 0 ? [] : wanted);
  }
  assert.not.ok(fits({ version: '2.1.0', runs: [{ tool: {} }] }));
});
