/** What the YAML library found wrong, in our words: one problem per fault, echoes left out. */
import type { ProblemCode } from '../base/problem-code.ts';
import { lineText, placeAt, type SourceFile } from './node.ts';
import { quotedLine, unquotedExpression } from './quote.ts';
import type { Report } from './report.ts';

/** An error or warning of the library. */
export interface YamlFault {
  readonly code: string;
  readonly message: string;
  readonly pos: readonly [number, number];
}

/** The line with this offset holds an expression that wants quotes: reported as that. False when it does not. */
export function reportLoose(file: SourceFile, offset: number, report: Report): boolean {
  const { line } = placeAt(file, offset);
  const text = lineText(file, line);
  const loose = unquotedExpression(text);
  if (loose === undefined) return false;
  const start = (file.lineStarts[line - 1] ?? 0) + loose;
  const hint = `quote it: ${quotedLine(text).trim()}`;
  const message = 'an expression that YAML cannot read without quotes';
  report.add('quote-expression', message, { file, start, end: start }, hint);
  return true;
}

/** One problem per line, and one of plain syntax per file: what follows those is nearly always their echo. */
export function reportFaults(faults: readonly YamlFault[], file: SourceFile, report: Report): void {
  const seen = new Set<number>();
  let broken = false;
  for (const fault of faults) {
    const spot = { file, start: fault.pos[0], end: fault.pos[1] };
    const { line } = placeAt(file, fault.pos[0]);
    if (seen.has(line)) continue;
    seen.add(line);
    if (reportLoose(file, fault.pos[0], report)) {
      broken = true;
      continue;
    }
    const [code, hint] = explain(fault);
    if (code === 'yaml-syntax' && broken) continue;
    broken ||= code === 'yaml-syntax';
    report.add(code, sentence(fault.message), spot, hint);
  }
}

function explain(fault: YamlFault): readonly [code: ProblemCode, hint: string | undefined] {
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
