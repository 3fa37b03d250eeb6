/** A source tree against a schema: violations become problems at their places, with what to do about them. */

import type { JsonSchema } from '../source/json-schema.ts';
import { type Node, plain, rawText } from '../source/node.ts';
import type { Report } from '../source/report.ts';
import { seek } from '../source/spot.ts';
import { conforms } from './conform.ts';
import { type Violation, violations } from './schema.ts';

/** Reports every violation, that of the whole by the name of `subject`, as `tell` has it; true when there was none. */
export function checkShape(
  schema: JsonSchema,
  node: Node,
  report: Report,
  subject = '',
  tell: (one: Violation) => Violation | undefined = (one) => one,
): boolean {
  const value = plain(node);
  if (conforms(schema, value)) return true;
  const found = violations(schema, value);
  for (const one of found.flatMap((each) => tell(each) ?? [])) reportViolation(one, node, report, subject);
  return found.length === 0;
}

/** Reports a violation of a value that stands at `node`; `prefix` is put before the code's name for parameters. */
export function reportViolation(one: Violation, node: Node, report: Report, subject: string): void {
  const { spot, value } = seek(node, one);
  const name = one.path.at(-1);
  const about =
    !one.atKey && (one.code === 'wrong-type' || one.code === 'bad-value') ? subjectOf(name, subject) : '';
  const hint =
    one.hint ?? (one.code === 'wrong-type' && value ? typeHint(value, one.wanted ?? []) : undefined);
  report.add(one.code, `${about}${one.message}`, spot, hint);
}

function subjectOf(name: string | number | undefined, subject: string): string {
  if (name === undefined) return subject === '' ? '' : `${subject} `;
  return typeof name === 'number' ? `item ${name + 1} ` : `"${name}" `;
}

/** Advice for the classic ways in which YAML gives another type than was meant. */
export function typeHint(node: Node, wanted: readonly string[]): string | undefined {
  if (node.kind !== 'scalar') return undefined;
  const raw = rawText(node);
  if (wanted.includes('string') && (typeof node.value === 'number' || typeof node.value === 'boolean')) {
    return quoted(raw, node.value);
  }
  if (wanted.includes('string') && node.value === null) return 'write "" for no text, or leave the key out';
  if (wanted.includes('boolean') && typeof node.value === 'string') {
    if (/^(yes|on|y|true)$/i.test(node.value)) return 'write true';
    if (/^(no|off|n|false)$/i.test(node.value)) return 'write false';
  }
  if (wanted.includes('object') && typeof node.value === 'string') return mapHint(node.value);
  if (wanted.includes('array') && typeof node.value === 'string') return listHint(node.value, raw);
  const numeric = wanted.includes('integer') || wanted.includes('number');
  if (numeric && typeof node.value === 'string' && /^-?\d+(\.\d+)?$/.test(node.value))
    return 'take the quotes away';
  return undefined;
}

/** With the reason where YAML makes another value of it than stands there: 0644 is read as 644, 1.10 as 1.1. */
function quoted(raw: string, value: number | boolean): string {
  const octal = /^0o?([0-7]{3,4})$/.exec(raw)?.[1];
  const text = octal === undefined ? raw : `0${octal.replace(/^0/, '')}`;
  const lost = String(value) === raw ? '' : `; without quotes YAML reads ${String(value)}`;
  return `quote it: "${text}"${lost}`;
}

/** `argv: ls -l` was meant as words, and so was `groups: a, b`. */
function listHint(text: string, raw: string): string {
  const words = text.split(/,\s*|\s+/).filter((word) => word !== '');
  if (words.length < 2 || !/^[\w.\s,/=+@-]+$/.test(text)) return `write [${raw}]`;
  return `write [${words.join(', ')}]`;
}

/** Text where a map is wanted: mostly one that YAML did not see. */
function mapHint(text: string): string | undefined {
  const pair = /^([a-z_]+)([:=])(\S.*)$/.exec(text);
  if (pair?.[2] === ':') return `write a blank after the colon: ${pair[1]}: ${pair[3]}`;
  return pair ? `write { ${pair[1]}: ${pair[3]} }` : undefined;
}
