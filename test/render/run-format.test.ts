/** SARIF, JUnit and GitHub's annotations of a run: against their schemas, and what they say. */
import { createRequire } from 'node:module';
import type { Ajv2020 } from 'ajv/dist/2020.js';
import type { RunEvent } from '../../lib/model/event.ts';
import { githubRenderer, maskCommands, withoutCommands } from '../../lib/render/github.ts';
import { junitRenderer } from '../../lib/render/junit.ts';
import type { RunReport } from '../../lib/render/run-report.ts';
import { sarifRenderer } from '../../lib/render/run-sarif.ts';
import { checkJunit, type Element } from '../fixture/junit-schema.ts';
import { change, refusedRun, richRun } from '../fixture/rich-run.ts';
import { SARIF_SCHEMA } from '../fixture/sarif-schema.ts';
import { assert, suite } from '../suite.ts';

const test = suite('formats of a run');

const { Ajv2020: Ajv } = createRequire(import.meta.url)('ajv/dist/2020.js') as { Ajv2020: typeof Ajv2020 };
const validSarif = new Ajv({ strict: true, allErrors: true }).compile(SARIF_SCHEMA);

interface Result {
  readonly ruleId: string;
  readonly level: string;
  readonly message: { readonly text: string };
  readonly locations?: readonly {
    readonly physicalLocation: {
      readonly artifactLocation: { readonly uri: string };
      readonly region?: { readonly startLine: number };
    };
  }[];
  readonly partialFingerprints: Readonly<Record<string, string>>;
}

function sarif(events: readonly RunEvent[]): readonly Result[] {
  let text = '';
  const write = (part: string): void => {
    text += part;
  };
  const emit = sarifRenderer({ write, version: '1', locate: (file) => `sub/${file}` });
  for (const event of events) emit(event);
  const log = JSON.parse(text) as { readonly runs: readonly [{ readonly results: readonly Result[] }] };
  assert.ok(validSarif(log), JSON.stringify(validSarif.errors));
  return log.runs[0].results;
}

const prints = (results: readonly Result[]) =>
  results.map(({ partialFingerprints }) => partialFingerprints['tightbeam/v1']);

test('sarif: valid, one result for each thing at each place, what weighs most first', () => {
  const results = sarif(richRun());
  assert.equal(
    results.map(({ level, ruleId }) => `${level} ${ruleId}`),
    [
      'error refused',
      'error refused',
      'error failed',
      'error not-as-reviewed',
      'error unreachable',
      'warning destructive-change',
      'warning restart',
      'warning warning',
      'warning warning',
      'note failed',
      'note change',
      'note change',
      'note change',
      'note known-after-apply',
      'note change',
      'note change',
    ],
  );
  const [restart] = results.filter(({ ruleId }) => ruleId === 'restart');
  assert.match(restart?.message.text ?? '', /\(on 3 hosts: web1, web2, web3\)/);
  const { artifactLocation, region } = restart?.locations?.[0]?.physicalLocation ?? {};
  assert.equal([artifactLocation?.uri, region?.startLine], ['sub/runbooks/provision.yaml', 25]);
  assert.is(new Set(prints(results)).size, results.length, 'fingerprints tell them apart');
  assert.is(sarif(refusedRun()).length, 2);
});

test('sarif: fingerprints stay when lines move, values change and hosts go', () => {
  const moved = richRun()
    .filter((event) => !('host' in event) || event.host !== 'web2')
    .map((event): RunEvent => {
      if (event.kind !== 'change') return event;
      return { ...event, place: event.place.replace(/:(\d+):/, ':9$1:'), summary: `other ${event.summary}` };
    });
  const of = (events: readonly RunEvent[]) =>
    prints(sarif(events).filter(({ ruleId }) => /change|restart/.test(ruleId))).sort();
  assert.equal(of(moved), of(richRun()));
  assert.ok(of(moved).length > 4);
});

function junit(events: readonly RunEvent[]): Element {
  let text = '';
  const emit = junitRenderer((part) => {
    text += part;
  });
  for (const event of events) emit(event);
  return checkJunit(text);
}

const caseOf = (root: Element, host: string, name: string): Element | undefined =>
  root.children
    .find(({ attributes }) => attributes.name === host)
    ?.children.find(({ attributes }) => attributes.name === name);

test('junit: valid, and its counts are those of its cases', () => {
  const root = junit(richRun());
  const count = (element: Element, name: string): number =>
    element.children.reduce((sum, child) => sum + (child.name === name ? 1 : 0) + count(child, name), 0);
  for (const suiteElement of [root, ...root.children]) {
    const { tests, failures, errors } = suiteElement.attributes;
    assert.equal([tests, failures, errors].map(Number), [
      count(suiteElement, 'testcase'),
      count(suiteElement, 'failure'),
      count(suiteElement, 'error'),
    ]);
  }
  for (const each of root.children) assert.is(Number(each.attributes.skipped), count(each, 'skipped'));
  assert.is(root.children.length, 8);
  assert.is(root.attributes.failures, '4');
  assert.is(root.attributes.errors, '1');
  junit(refusedRun());
});

test('junit: changes pending are skipped in a dry run and passed in a run; control characters are no XML', () => {
  const root = junit(richRun());
  const pending = caseOf(root, 'web1', 'conf');
  assert.equal(
    pending?.children.map(({ name }) => name),
    ['skipped', 'system-out'],
  );
  assert.match(pending?.children[0]?.text ?? '', /^changes pending: update file:\/etc\/app\.conf/);
  assert.match(pending?.children[1]?.text ?? '', /\n {2}\+port 8080\n/);
  assert.match(caseOf(root, 'web1', 'edit')?.children[0]?.text ?? '', /known after apply/);
  const late = caseOf(root, 'odd|host', 'late')?.children[0];
  assert.equal([late?.name, late?.attributes.message], ['failure', 'it broke: `x` <b>']);
  assert.match(late?.text ?? '', /mend it/);
  assert.is(caseOf(root, 'gone', 'connect')?.children[0]?.name, 'error');
  const hostile = caseOf(root, 'odd|host', 'conf')?.children[1]?.text ?? '';
  assert.match(hostile, /␛\[2J/);
  assert.not.match(hostile, /\[\[ATTACHMENT\|/);
  const real = richRun().map(
    (event): RunEvent =>
      event.kind === 'start' || event.kind === 'recap' || event.kind === 'change'
        ? { ...event, dryRun: false }
        : event,
  );
  assert.equal(
    caseOf(junit(real), 'web1', 'conf')?.children.map(({ name }) => name),
    ['system-out'],
  );
  const odd = change('web1', { summary: 'a\u0000\u0008\ufffe\ud800b' });
  const [start, ...rest] = richRun();
  assert.ok(junit([start as RunEvent, odd, ...rest]));
});

function github(events: readonly RunEvent[]): {
  readonly log: string;
  readonly reports: readonly RunReport[];
} {
  let log = '';
  const reports: RunReport[] = [];
  const emit = githubRenderer({
    write: (part) => {
      log += part;
    },
    text: () => undefined,
    locate: (file) => file,
    summary: (report) => reports.push(report),
  });
  for (const event of events) emit(event);
  return { log, reports };
}

test('github: ten of a level, those that weigh most first; the rest is counted', () => {
  const [start, ...rest] = richRun();
  const many = Array.from({ length: 14 }, (_, at) =>
    change('calm', { step: `s${at}`, key: `file:/s${at}`, place: `a.yaml:${at + 1}:1` }),
  );
  const lost = change('calm', { step: 'z', key: 'file:/z', action: 'delete', place: 'z.yaml:1:1' });
  const { log, reports } = github([start as RunEvent, ...many, lost, ...rest]);
  assert.is(reports.length, 1);
  assert.is(log.match(/^::notice /gm)?.length, 10);
  // What a policy says of the same line is an error, and stands there with it.
  assert.is(log.match(/^::warning file=/gm)?.length, 2);
  assert.match(log, /^\d+ more places with a notice: /m);
  assert.ok(log.indexOf('z.yaml') < log.indexOf('::notice'));
});

test('github: one annotation for a place, however many hosts and changes', () => {
  const [start] = richRun();
  const hosts = ['web1', 'web2', 'web3'];
  const at = (host: string, key: `file:${string}`) => change(host, { key, place: 'a.yaml:7:3' });
  const recap = richRun().at(-1) as RunEvent;
  const events = hosts.flatMap((host) => [at(host, 'file:/a'), at(host, 'file:/b')]);
  const { log } = github([start as RunEvent, ...events, recap]);
  assert.is(
    log,
    '::notice file=a.yaml,line=7,col=3,title=conf%3A would update file%3A/a and 1 more::update file:/a: content (on 3 hosts: web1, web2, web3)%0Aupdate file:/b: content (on 3 hosts: web1, web2, web3)\n',
  );
});

test('github: nothing that a host prints is a command to the runner', () => {
  const text =
    'a\n::error::x\n  ::stop-commands::y\n##[group]z\nx ##[error]\n+::add-mask::q\n\t::set-output name=a::b\nb::c\n';
  const safe = withoutCommands(text);
  // The runner's own rules: `::` behind blanks at the beginning of a line, `##[` anywhere.
  for (const line of safe.split('\n'))
    assert.not.ok(line.trimStart().startsWith('::') || line.includes('##['), line);
  assert.is(safe.replaceAll('\u200b', ''), text);
});

test('github: masks of each line, none of which would black out half the log', () => {
  assert.is(maskCommands([]), '');
  assert.is(
    maskCommands(['hunter22', 'abc', '-----BEGIN\nMIIB%0A\r\n\nxy\n-----END\n', 'hunter22']),
    '::add-mask::hunter22\n::add-mask::-----BEGIN\n::add-mask::MIIB%250A\n::add-mask::-----END\n',
  );
});
