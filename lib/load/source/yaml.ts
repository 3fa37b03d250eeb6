/** YAML in, source tree out. Strict: its warnings are our errors. */
import type { ProblemCode } from '../../base/problem-code.ts';
import {
  isAlias,
  isMap,
  isPair,
  isScalar,
  isSeq,
  LineCounter,
  type ParsedNode,
  parseDocument,
  Scalar,
  visit,
} from '../../base/yaml.ts';
import type { Entry, Node, SourceFile, Spot } from './node.ts';
import type { Report } from './report.ts';
import { type Opener, reportFaults, reportLoose, tagSaid } from './yaml-fault.ts';
import { checkText } from './yaml-text.ts';

/** The tree of the file's one document; undefined when it is empty, or when a part of it is lost (reported). */
export function parseYaml(file: SourceFile, report: Report): Node | undefined {
  if (!checkText(file, report)) return undefined;
  const document = parse(file, report);
  if (!document) return undefined;
  const faults = [...document.errors, ...document.warnings];
  reportFaults(faults, file, (offset) => openerAt(document, file.text, offset), report);
  if (document.contents === null || document.contents === undefined) return undefined;
  const work: Work = { file, report, lost: faults.length > 0 };
  const node = convert(document.contents, work, 0);
  return work.lost ? undefined : node;
}

/** A list in YAML as plain data: its items with the line where each begins, from 1. */
export interface PlainList {
  readonly items: readonly { readonly value: unknown; readonly line: number }[];
  /** What is wrong with the text; then there are no items. */
  readonly faults: readonly { readonly message: string; readonly line: number; readonly col: number }[];
}

/** For files of test cases, where anchors, aliases and merge keys spare a lot of writing. */
export function parsePlainList(text: string): PlainList {
  const lines = new LineCounter();
  const document = parseDocument(text, { merge: true, prettyErrors: false, lineCounter: lines });
  const faults = [...document.errors, ...document.warnings].map(({ message, pos }) => ({
    message,
    ...lines.linePos(pos[0]),
  }));
  if (faults.length > 0) return { items: [], faults };
  const list = document.contents;
  if (!isSeq(list)) return { items: [], faults: [{ message: 'a list is wanted here', line: 1, col: 1 }] };
  const values = document.toJS({ maxAliasCount: 1000 }) as readonly unknown[];
  const items = list.items.map((item, index) => ({
    value: values[index],
    line: lines.linePos((item as ParsedNode).range?.[0] ?? 0).line,
  }));
  return { items, faults };
}

interface Work {
  readonly file: SourceFile;
  readonly report: Report;
  /** A piece could not be taken over: what rests on the tree would complain about its absence. */
  lost: boolean;
}

const MAX_DEPTH = 100;

function parse(file: SourceFile, report: Report): ReturnType<typeof parseDocument> | undefined {
  try {
    // Its own search for keys that stand twice goes through all keys before, for each.
    return parseDocument(file.text, { prettyErrors: false, uniqueKeys: false });
  } catch (error) {
    // The library recurses; a tower of brackets ends its stack.
    if (!(error instanceof RangeError)) throw error;
    report.add('yaml-deep', `nested deeper than ${MAX_DEPTH} levels`, { file, start: 0, end: 0 });
    return undefined;
  }
}

function refuse(work: Work, code: ProblemCode, message: string, spot: Spot, hint?: string): undefined {
  work.lost = true;
  work.report.add(code, message, spot, hint);
  return undefined;
}

function convert(source: unknown, work: Work, depth: number): Node | undefined {
  const { file, report } = work;
  const node = source as ParsedNode;
  const spot = spotOf(node, file);
  if (depth > MAX_DEPTH) return refuse(work, 'yaml-deep', `nested deeper than ${MAX_DEPTH} levels`, spot);
  if (isAlias(node)) {
    const hint = 'write the value out, or make it a variable';
    return refuse(work, 'yaml-alias', `"*${node.source}" is an alias`, spot, hint);
  }
  if (node.anchor !== undefined) {
    const start = Math.max(0, file.text.lastIndexOf(`&${node.anchor}`, spot.start));
    const hint = 'take it out; use a variable instead';
    report.add('yaml-anchor', `"&${node.anchor}" is an anchor`, { ...spot, start }, hint);
  }
  const tag = writtenTag(file.text, spot.start);
  // A tag that nobody knows has been told of by the library.
  if (node.tag !== undefined && tag?.text.startsWith('!!')) {
    const said = tagSaid(tag.text, file, tag.start);
    report.add(said.code, said.message, { ...spot, start: tag.start }, said.hint);
  }
  if (isMap(node)) return convertMap(node.items, work, depth, spot);
  if (isSeq(node)) {
    const items = node.items.flatMap((item) => convert(item, work, depth + 1) ?? []);
    return { kind: 'list', ...spot, items };
  }
  if (!isScalar(node)) return undefined;
  if (losesDigits(node.value)) {
    const said = file.text.slice(spot.start, Math.min(spot.end, spot.start + 40));
    const hint = 'put it in quotes if it is text';
    return refuse(work, 'yaml-number', `${said} is beyond what a number can hold (2^53)`, spot, hint);
  }
  return convertScalar(node, spot);
}

/** It would be another number, without a word. */
function losesDigits(value: unknown): boolean {
  if (typeof value !== 'number') return false;
  return Number.isInteger(value) ? !Number.isSafeInteger(value) : !Number.isFinite(value);
}

/** A `!tag` that stands right before a node, or where an empty one would be. */
function writtenTag(
  text: string,
  start: number,
): { readonly start: number; readonly text: string } | undefined {
  const before = /(![^\s]*)\s*$/.exec(text.slice(Math.max(0, start - 80), start));
  return before ? { start: start - before[0].length, text: before[1] ?? '' } : undefined;
}

/** The innermost bracket or quote that is still open at an offset. */
function openerAt(
  document: ReturnType<typeof parseDocument>,
  text: string,
  offset: number,
): Opener | undefined {
  let found: Opener | undefined;
  const take = (range: readonly number[] | null | undefined, close: string): void => {
    const [start = 0, until = 0, end = 0] = range ?? [];
    const closed = until - start > 1 && text[until - 1] === close;
    if (range && !closed && start < offset && end >= offset && start >= (found?.start ?? 0))
      found = { start, close };
  };
  visit(document, {
    Collection: (_, node) => (node.flow ? take(node.range, isMap(node) ? '}' : ']') : undefined),
    Scalar: (_, node) => {
      if (node.type === Scalar.QUOTE_DOUBLE) take(node.range, '"');
      if (node.type === Scalar.QUOTE_SINGLE) take(node.range, "'");
    },
  });
  return found;
}

function convertScalar(node: Scalar, spot: Spot): Node {
  const plainStyle = node.type === Scalar.PLAIN || node.type === undefined || node.type === null;
  const block = node.type === Scalar.BLOCK_FOLDED || node.type === Scalar.BLOCK_LITERAL;
  const value = node.value;
  const known = typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';
  return {
    kind: 'scalar',
    ...spot,
    value: known ? value : value === null ? null : String(value),
    style: plainStyle ? 'plain' : block ? 'block' : 'quoted',
  };
}

function convertMap(pairs: readonly unknown[], work: Work, depth: number, spot: Spot): Node {
  const entries: Entry[] = [];
  const names = new Set<string>();
  for (const pair of pairs) {
    if (!isPair(pair)) continue;
    const key = spotOf(pair.key as ParsedNode, work.file, spot);
    const name = keyName(pair.key as ParsedNode, key, work);
    if (name === undefined) continue;
    if (names.has(name)) {
      work.lost = true;
      const fault = { code: 'DUPLICATE_KEY', message: '', pos: [key.start, key.end] } as const;
      reportFaults([fault], work.file, () => undefined, work.report);
      continue;
    }
    names.add(name);
    const value = pair.value ? convert(pair.value, work, depth + 1) : emptyAfter(key);
    if (value) entries.push({ name, key, value });
  }
  return { kind: 'map', ...spot, entries };
}

/** The key as it is written: `1.10: x` must stay 1.10. */
function keyName(key: ParsedNode, spot: Spot, work: Work): string | undefined {
  if (!isScalar(key) || key.value === null || typeof key.value === 'object') {
    work.lost = true;
    if (reportLoose(work.file, spot.start, work.report)) return undefined;
    const before = spot.file.text.slice(Math.max(0, spot.start - 1), spot.start + 1);
    const hint = before === '{{' ? 'an expression is written "${{ vars.NAME }}", in quotes' : undefined;
    return refuse(work, 'yaml-key', 'a key must be a plain word or a string', spot, hint);
  }
  const name = typeof key.value === 'string' ? key.value : spot.file.text.slice(spot.start, spot.end);
  const hint = 'write the values out; maps are never merged';
  return name === '<<' ? refuse(work, 'yaml-merge', '"<<" is a merge key', spot, hint) : name;
}

function emptyAfter({ file, end }: Spot): Node {
  return { kind: 'scalar', file, start: end, end, value: null, style: 'plain' };
}

function spotOf(node: ParsedNode | null | undefined, file: SourceFile, fallback?: Spot): Spot {
  const range = node?.range;
  if (!range) return { file, start: fallback?.start ?? 0, end: fallback?.end ?? 0 };
  return { file, start: range[0], end: Math.max(range[0], range[1]) };
}
