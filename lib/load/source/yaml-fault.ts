/** What the YAML library found wrong, in our words: one problem per fault, echoes left out. */
import type { ProblemCode } from '../../base/problem-code.ts';
import { lineText, placeAt, type SourceFile } from './node.ts';
import { quotedLine, unquotedExpression } from './quote.ts';
import type { Report } from './report.ts';

/** An error or warning of the library. */
export interface YamlFault {
  readonly code: string;
  readonly message: string;
  readonly pos: readonly [number, number];
}

/** Something that was opened and never closed: where it begins, and what would close it. */
export interface Opener {
  readonly start: number;
  readonly close: string;
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
export function reportFaults(
  faults: readonly YamlFault[],
  file: SourceFile,
  openerAt: (offset: number) => Opener | undefined,
  report: Report,
): void {
  const seen = new Set<number>();
  let broken = false;
  for (const fault of faults) {
    const { line } = placeAt(file, fault.pos[0]);
    if (seen.has(line)) continue;
    seen.add(line);
    if (reportLoose(file, fault.pos[0], report)) {
      broken = true;
      continue;
    }
    const said = explain(fault, file, openerAt);
    if (said.code === 'yaml-syntax' && broken) continue;
    broken ||= said.code === 'yaml-syntax';
    const start = said.start ?? fault.pos[0];
    report.add(said.code, said.message, { file, start, end: start }, said.hint);
  }
}

interface Said {
  readonly code: ProblemCode;
  readonly message: string;
  readonly hint?: string;
  /** Where it is, when that is not where the library noticed it. */
  readonly start?: number;
}

function explain(fault: YamlFault, file: SourceFile, openerAt: (offset: number) => Opener | undefined): Said {
  const text = file.text.slice(...fault.pos);
  const word = /^[^\s,:{}[\]]*/.exec(file.text.slice(fault.pos[0]))?.[0] ?? '';
  switch (fault.code) {
    case 'DUPLICATE_KEY': {
      const key = /^("[^"\n]*"|'[^'\n]*'|[^\s:]+)/.exec(file.text.slice(fault.pos[0]))?.[0] ?? 'a key';
      const message = `${/^["']/.test(key) ? key : `"${key}"`} stands twice in this map`;
      return { code: 'duplicate-key', message, hint: 'keep one of them' };
    }
    case 'TAB_AS_INDENT':
      return { code: 'yaml-tab', message: 'a tab as indentation', hint: 'indent with spaces' };
    case 'TAG_RESOLVE_FAILED':
      return tagSaid(text, file, fault.pos[0]);
    case 'MULTIPLE_DOCS':
      return {
        code: 'yaml-documents',
        message: 'a second document begins here',
        hint: 'one document in a file: make two files of it',
      };
    default:
      return syntaxSaid(fault, word, openerAt(fault.pos[0]));
  }
}

/** `!facts.x` was meant as an expression; `!vault` comes from elsewhere. */
export function tagSaid(tag: string, file: SourceFile, start: number): Said {
  const message = `"${tag}" is a tag to YAML`;
  if (/^!vault\b/.test(tag)) {
    const hint = 'Ansible Vault is not read: fetch it under secrets:, from a file, a command or a variable';
    return { code: 'yaml-tag', message, hint, start };
  }
  if (tag.startsWith('!!'))
    return { code: 'yaml-tag', message, hint: 'take it out; quote the value to make it text', start };
  const rest = /^[^\n]*/.exec(file.text.slice(start))?.[0] ?? tag;
  // Up to what ends the value: a comment, or the end of a map or list in one line.
  const value =
    /^\S+(?:\s+(?:&&|\|\||==|!=|in|[<>]=?)\s+[^\s,}\]]+)*/.exec(rest)?.[0].replace(/[,}\]]+$/, '') ?? tag;
  const mark = value.includes('"') ? "'" : '"';
  return {
    code: 'yaml-tag',
    message: `${message}, and what follows would be its value`,
    hint: `quote it: ${mark}${value}${mark}`,
    start,
  };
}

/** Faults of the library by its codes; what is not among them is told in its own words. */
function syntaxSaid(fault: YamlFault, word: string, opener: Opener | undefined): Said {
  const code = 'yaml-syntax';
  const first = sentence(fault.message);
  if (
    /^missing closing|must be sufficiently indented and end with|expected flow .* to end with/i.test(first) &&
    opener
  ) {
    const message = `this is never closed: ${opener.close} is missing`;
    return { code, message, hint: `write ${opener.close} where it ends`, start: opener.start };
  }
  const known = SYNTAX.find(([pattern]) => pattern.test(first));
  if (!known) return { code, message: first };
  const [, message, hint] = known;
  return { code, message: message.replace('WORD', word), hint: hint.replace('WORD', word) };
}

const SYNTAX: readonly (readonly [of: RegExp, message: string, hint: string])[] = [
  [
    /^nested mappings are not allowed in compact mappings/,
    'a second ": " in one line',
    'quote the value if the colon belongs to it; else put what is under the key on lines of its own',
  ],
  [
    /^implicit keys need to be on a single line|implicit map keys need to be followed by map values/,
    '"WORD" has no ":" after it',
    'write WORD: and its value, or put the line where it belongs',
  ],
  [/^plain value cannot start with/, 'a value cannot begin with this character', 'quote the value: "WORD"'],
  [
    /^sequence item without - indicator|^all (mapping|sequence|collection) items must start at the same column|^unexpected .*-indented/,
    'this line is not indented like those that it belongs to',
    'indent it as deep as its neighbours: two spaces more than the line it belongs under',
  ],
  [
    /^unexpected scalar at node end/,
    'text goes on behind the closing quote',
    'put the whole value in the other kind of quotes: \'a == "b"\'',
  ],
  [
    /^invalid escape sequence/,
    'this escape means nothing in double quotes',
    "write \\\\ for a backslash, or put the text in single quotes: '…'",
  ],
];

function sentence(message: string): string {
  const first = message.split('\n')[0] ?? message;
  return `${first.charAt(0).toLowerCase()}${first.slice(1)}`.replace(/[:.]\s*$/, '');
}
