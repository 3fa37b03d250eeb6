/** One line in a file, there or not there. */
import { type Bytes, toBytes } from '../../base/bytes.ts';
import { PlanError, type Resource } from '../../model/resource.ts';
import { editFile, linesOf, linesToContent } from './content-edit.ts';
import type { Ownership } from './file-owner.ts';
import type { FileHint, FileState } from './file-state.ts';

export interface LineWish extends Ownership {
  /** The line as it shall stand, without a line end. With `absent` and `match` it may be left out. */
  readonly line?: string | undefined;
  /** Regular expression of lines that this one replaces (the last of them), or, with `absent`, that go. */
  readonly match?: string | undefined;
  /** Where a new line goes: after the last line that matches; at the end when none does. */
  readonly after?: string | undefined;
  /** Where a new line goes: before the first line that matches; at the end when none does. */
  readonly before?: string | undefined;
  readonly absent?: boolean | undefined;
  /** Make the file when it is not there. */
  readonly create?: boolean | undefined;
  readonly validate?: string | undefined;
  readonly follow?: boolean | undefined;
  readonly inplace?: boolean | undefined;
}

/** One line of the file `path`, an absolute path; other lines stay. Throws PlanError where it cannot be meant. */
export function lineInFile(path: string, wish: LineWish): Resource<FileState, FileHint> {
  const { line, match, after, before, absent, create, ...rest } = wish;
  if (line !== undefined && /[\n\0]/.test(line)) {
    throw new PlanError('`line` holds a line break', 'use one step for each line, or the task `template`');
  }
  if (line === undefined && !(absent && match !== undefined)) {
    throw new PlanError('`line` is missing', 'say the line; with `state: absent` a `match` will do');
  }
  const rule: Rule = {
    line: toBytes(line ?? ''),
    match: pattern('match', match),
    after: pattern('after', after),
    before: pattern('before', before),
  };
  return editFile(path, {
    ...rest,
    edit: absent ? (content) => without(content, rule) : (content) => withLine(content, rule),
    summary: absent ? `remove ${line ?? `lines like ${match}`}` : `line ${line}`,
    missing: absent ? 'leave' : create ? 'create' : 'refuse',
  });
}

interface Rule {
  readonly line: Bytes;
  readonly match: RegExp | undefined;
  readonly after: RegExp | undefined;
  readonly before: RegExp | undefined;
}

/** Expressions look at bytes, as lines are bytes: what is not ASCII in them is encoded likewise. */
function pattern(name: string, source: string | undefined): RegExp | undefined {
  if (source === undefined) return undefined;
  try {
    return new RegExp(toBytes(source));
  } catch (error) {
    throw new PlanError(
      `\`${name}\` is not a regular expression: ${error instanceof Error ? error.message : ''}`,
      'write it as JavaScript takes it; a literal ( or [ needs a backslash',
    );
  }
}

function withLine(content: Bytes, { line, match, after, before }: Rule): Bytes {
  const lines = linesOf(content);
  const last = match ? lines.findLastIndex((each) => match.test(each)) : -1;
  // A line that its own `match` does not find would else replace one more at every run.
  const replaces = last >= 0 && (match?.test(line) || !lines.includes(line));
  if (replaces) {
    if (lines[last] === line) return content;
    lines[last] = line;
    return linesToContent(lines, content);
  }
  if (lines.includes(line)) return content;
  const behind = after ? lines.findLastIndex((each) => after.test(each)) : -1;
  const ahead = before ? lines.findIndex((each) => before.test(each)) : -1;
  lines.splice(behind >= 0 ? behind + 1 : ahead >= 0 ? ahead : lines.length, 0, line);
  return linesToContent(lines, content);
}

function without(content: Bytes, { line, match }: Rule): Bytes {
  const lines = linesOf(content);
  const rest = lines.filter((each) => (match ? !match.test(each) : each !== line));
  return rest.length === lines.length ? content : linesToContent(rest, content);
}
