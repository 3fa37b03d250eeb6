/** What no YAML file of ours may hold, whatever its tree: looked for in the text itself. */
import type { SourceFile } from './node.ts';
import type { Report } from './report.ts';

/** Control characters other than tab and line ends: YAML forbids them, and no editor shows them. */
const CONTROL = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f\ufffe\uffff]/;

/** `%YAML 1.1` would make `yes` mean true. */
const DIRECTIVE = /^(?:\uFEFF?(?:[ \t]*(?:#.*)?\r?\n)*)(%\S.*)/;

/** True when nothing was found. */
export function checkText(file: SourceFile, report: Report): boolean {
  const { text } = file;
  const at = text.search(CONTROL);
  if (at !== -1) {
    const number = text.charCodeAt(at).toString(16).toUpperCase().padStart(4, '0');
    const hint = 'take it out; in double quotes it can be written as an escape, such as "\\e"';
    report.add('yaml-control', `a control character (U+${number})`, { file, start: at, end: at + 1 }, hint);
    return false;
  }
  const directive = DIRECTIVE.exec(text);
  if (directive) {
    const start = directive[0].length - (directive[1] ?? '').length;
    const hint = 'take the line out: files are YAML 1.2, without directives';
    report.add('yaml-directive', 'a directive of YAML', { file, start, end: start }, hint);
    return false;
  }
  return true;
}
