/** YAML in, source tree out: the only module that knows the yaml library. Strict: its warnings are our errors. */
import {
  isAlias,
  isMap,
  isPair,
  isScalar,
  isSeq,
  type ParsedNode,
  parseDocument,
  Scalar,
  type YAMLError,
} from 'yaml';
import { type Entry, lineText, type Node, placeAt, type SourceFile, type Spot } from './node.ts';
import { quotedLine, unquotedExpression } from './quote.ts';
import type { Report } from './report.ts';

/** The tree of the file's one document; undefined when it is empty or so broken that there is none. */
export function parseYaml(file: SourceFile, report: Report): Node | undefined {
  report.source(file);
  const document = parseDocument(file.text, { prettyErrors: false, stringKeys: false, logLevel: 'silent' });
  const faults = [...document.errors, ...document.warnings];
  reportFaults(faults, file, report);
  if (document.contents === null || document.contents === undefined) return undefined;
  const node = convert(document.contents, file, report, 0);
  return faults.length > 0 ? undefined : node;
}

const MAX_DEPTH = 100;

function convert(source: unknown, file: SourceFile, report: Report, depth: number): Node | undefined {
  const node = source as ParsedNode;
  const spot = spotOf(node, file);
  if (depth > MAX_DEPTH) {
    report.add('yaml-deep', `nested deeper than ${MAX_DEPTH} levels`, spot);
    return undefined;
  }
  if (isAlias(node)) {
    report.add(
      'yaml-alias',
      `"*${node.source}" is an alias`,
      spot,
      'write the value out, or make it a variable',
    );
    return undefined;
  }
  if (node.anchor !== undefined) {
    const start = Math.max(0, file.text.lastIndexOf(`&${node.anchor}`, spot.start));
    const hint = 'take it out; use a variable instead';
    report.add('yaml-anchor', `"&${node.anchor}" is an anchor`, { ...spot, start }, hint);
  }
  if (node.tag !== undefined && /^!/.test(file.text.slice(tagStart(file.text, spot.start)))) {
    report.add('yaml-tag', 'a YAML tag', spot, 'take the tag out, or quote the value');
  }
  if (isMap(node)) return convertMap(node.items, file, report, depth, spot);
  if (isSeq(node)) {
    const items = node.items.flatMap((item) => convert(item, file, report, depth + 1) ?? []);
    return { kind: 'list', ...spot, items };
  }
  return isScalar(node) ? convertScalar(node, spot) : undefined;
}

/** Offset of a `!tag` that stands right before a node. */
function tagStart(text: string, start: number): number {
  const before = /(![^\s]*)\s+$/.exec(text.slice(Math.max(0, start - 80), start));
  return before ? start - before[0].length : start;
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

function convertMap(
  pairs: readonly unknown[],
  file: SourceFile,
  report: Report,
  depth: number,
  spot: Spot,
): Node {
  const entries: Entry[] = [];
  for (const pair of pairs) {
    if (!isPair(pair)) continue;
    const key = pair.key as ParsedNode;
    const keySpot = spotOf(key, file, spot);
    if (!isScalar(key) || key.value === null || typeof key.value === 'object') {
      report.add(
        'yaml-key',
        'a key must be a plain word or a string',
        keySpot,
        complexKeyHint(file, keySpot),
      );
      continue;
    }
    // The source, not the value: `1.10: x` must stay 1.10.
    const name = typeof key.value === 'string' ? key.value : file.text.slice(keySpot.start, keySpot.end);
    if (name === '<<') {
      report.add('yaml-merge', '"<<" is a merge key', keySpot, 'write the values out; maps are never merged');
      continue;
    }
    const value = pair.value
      ? convert(pair.value, file, report, depth + 1)
      : ({
          kind: 'scalar',
          file,
          start: keySpot.end,
          end: keySpot.end,
          value: null,
          style: 'plain',
        } as const);
    if (value) entries.push({ name, key: keySpot, value });
  }
  return { kind: 'map', ...spot, entries };
}

function complexKeyHint(file: SourceFile, spot: Spot): string | undefined {
  const line = lineText(file, placeAt(file, spot.start).line);
  return /\{\{/.test(line) ? 'quote the value: "${{ … }}"' : undefined;
}

function spotOf(node: ParsedNode | null | undefined, file: SourceFile, fallback?: Spot): Spot {
  const range = node?.range;
  if (!range) return { file, start: fallback?.start ?? 0, end: fallback?.end ?? 0 };
  return { file, start: range[0], end: Math.max(range[0], range[1]) };
}

/** One problem per line, and one of plain syntax per file: what follows those is nearly always their echo. */
function reportFaults(faults: readonly YAMLError[], file: SourceFile, report: Report): void {
  const seen = new Set<number>();
  let broken = false;
  for (const fault of faults) {
    const spot = { file, start: fault.pos[0], end: fault.pos[1] };
    const { line } = placeAt(file, fault.pos[0]);
    if (seen.has(line)) continue;
    seen.add(line);
    const text = lineText(file, line);
    const loose = unquotedExpression(text);
    if (loose !== undefined) {
      const start = (file.lineStarts[line - 1] ?? 0) + loose;
      const message = 'an expression that YAML cannot read without quotes';
      const hint = `quote it: ${quotedLine(text).trim()}`;
      report.add('quote-expression', message, { file, start, end: start }, hint);
      broken = true;
      continue;
    }
    const [code, hint] = explain(fault);
    if (code === 'yaml-syntax' && broken) continue;
    broken ||= code === 'yaml-syntax';
    report.add(code, sentence(fault.message), spot, hint);
  }
}

function explain(fault: YAMLError): readonly [code: string, hint: string | undefined] {
  switch (fault.code) {
    case 'DUPLICATE_KEY':
      return ['duplicate-key', 'keep one of them'];
    case 'TAB_AS_INDENT':
      return ['yaml-tab', 'indent with spaces'];
    case 'TAG_RESOLVE_FAILED':
      return ['yaml-tag', 'a word that begins with ! is a tag in YAML: quote the whole value'];
    case 'MULTIPLE_DOCS':
      return ['yaml-documents', 'one document in a file: split it'];
    default:
      return ['yaml-syntax', undefined];
  }
}

function sentence(message: string): string {
  const first = message.split('\n')[0] ?? message;
  return `${first.charAt(0).toLowerCase()}${first.slice(1)}`.replace(/[:.]\s*$/, '');
}
