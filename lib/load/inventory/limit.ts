/** --limit, --tags, --skip-tags, --from and --allow: which hosts may be changed, which steps are left out or may do more. */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { didYouMean } from '../../base/suggest.ts';
import type { Step } from '../../model/runbook.ts';
import type { Report } from '../source/report.ts';
import { chooseHosts, type HostNames } from './host-pattern.ts';

const NOWHERE = undefined;

/** The runbook's hosts that --limit leaves; faults are reported. */
export function limitHosts(
  given: readonly string[],
  runbookHosts: readonly string[],
  names: HostNames,
  cwd: string,
  report: Report,
): ReadonlySet<string> {
  if (given.length === 0) return new Set(runbookHosts);
  const words = given.flatMap((word) => readWords(word, cwd, report));
  if (words.length === 0) {
    if (report.size === 0)
      report.add('limit-empty', '--limit names no host', NOWHERE, 'name a host or a group');
    return new Set();
  }
  const { hosts, faults } = chooseHosts(words, names);
  for (const fault of faults) report.add('limit-no-match', `--limit: ${fault.message}`, NOWHERE, fault.hint);
  const left = new Set(runbookHosts.filter((host) => hosts.has(host)));
  if (left.size === 0 && faults.length === 0) {
    const message = `--limit ${given.join(',')} leaves no host of the runbook`;
    const more = runbookHosts.length > 12 ? ` and ${runbookHosts.length - 12} more` : '';
    const hint = `its hosts: ${runbookHosts.slice(0, 12).join(', ')}${more}`;
    report.add('limit-empty', message, NOWHERE, hint);
  }
  return left;
}

/** Commas separate words, except within a regular expression; `@file` holds one or more words a line. */
function readWords(word: string, cwd: string, report: Report): readonly string[] {
  if (/^[!&]?~/.test(word)) return [word];
  return word.split(',').flatMap((part) => {
    const text = part.trim();
    if (text === '') return [];
    if (!text.startsWith('@')) return [text];
    try {
      const lines = readFileSync(resolve(cwd, text.slice(1)), 'utf8').split('\n');
      return lines.flatMap((line) => line.replace(/#.*/, '').split(/[\s,]+/)).filter((name) => name !== '');
    } catch (error) {
      const why = (error as NodeJS.ErrnoException).code ?? String(error);
      report.add('limit-file', `--limit ${text}: the file cannot be read: ${why}`, NOWHERE);
      return [];
    }
  });
}

/** Ids of steps that --tags and --skip-tags leave out; unknown tags are reported. */
export function stepsLeftOut(
  steps: readonly Step[],
  tags: readonly string[],
  skipTags: readonly string[],
  report: Report,
): ReadonlySet<string> {
  const wanted = words(tags);
  const skipped = words(skipTags);
  const known = new Set(steps.flatMap((step) => step.tags));
  for (const [flag, list] of [['--tags', wanted] as const, ['--skip-tags', skipped] as const]) {
    for (const tag of list) {
      if (known.has(tag)) continue;
      const hint =
        didYouMean(tag, known) ?? (known.size === 0 ? 'no step of this runbook has tags' : undefined);
      report.add('unknown-tag', `${flag}: no step has the tag "${tag}"`, NOWHERE, hint);
    }
  }
  const out = steps.filter(
    (step) =>
      (wanted.length > 0 && !step.tags.some((tag) => wanted.includes(tag))) ||
      step.tags.some((tag) => skipped.includes(tag)),
  );
  if (
    steps.length > 0 &&
    out.length === steps.length &&
    [...wanted, ...skipped].every((tag) => known.has(tag))
  ) {
    report.add('no-step-left', '--tags and --skip-tags leave no step', NOWHERE);
  }
  return new Set(out.map((step) => step.id));
}

/** Ids of the steps that stand before the one that --from names; an unknown one is reported. */
export function stepsBefore(
  steps: readonly Step[],
  from: string | undefined,
  report: Report,
): readonly string[] {
  if (from === undefined) return [];
  const ids = steps.map(({ id }) => id);
  const at = ids.indexOf(from);
  if (at !== -1) return ids.slice(0, at);
  const hint = didYouMean(from, ids) ?? 'run --list-steps names them';
  report.add('unknown-step', `--from: no step "${from}"`, NOWHERE, hint);
  return [];
}

/** Ids of all steps but those that --only names; unknown ones are reported. */
export function stepsBeside(
  steps: readonly Step[],
  given: readonly string[],
  report: Report,
): readonly string[] {
  const ids = steps.map(({ id }) => id);
  const only = new Set(words(given));
  if (only.size === 0) return [];
  for (const id of only) {
    if (ids.includes(id)) continue;
    const hint = didYouMean(id, ids) ?? 'run --list-steps names them';
    report.add('unknown-step', `--only: no step "${id}"`, NOWHERE, hint);
  }
  return ids.filter((id) => !only.has(id));
}

/** Ids that --allow names; unknown ones are reported. */
export function stepsAllowed(
  steps: readonly Step[],
  given: readonly string[],
  report: Report,
): ReadonlySet<string> {
  const ids = new Set(steps.map(({ id }) => id));
  const allowed = new Set(words(given));
  for (const id of allowed) {
    if (ids.has(id)) continue;
    const hint = didYouMean(id, ids) ?? 'run --list-steps names them';
    report.add('unknown-step', `--allow: no step "${id}"`, NOWHERE, hint);
  }
  return allowed;
}

function words(list: readonly string[]): readonly string[] {
  return list.flatMap((word) => word.split(',').map((part) => part.trim())).filter((part) => part !== '');
}
