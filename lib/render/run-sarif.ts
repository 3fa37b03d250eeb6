/** A run as a SARIF log: a result for each thing at each place. */
import { createHash } from 'node:crypto';
import type { Emit } from '../model/event.ts';
import { findingsOf, ruleText } from './finding.ts';
import { printable } from './printable.ts';
import { foldRun } from './run-report.ts';
import { sarifLog } from './sarif.ts';

export interface SarifOptions {
  write(text: string): void;
  readonly version: string;
  locate(file: string): string;
}

export function sarifRenderer({ write, version, locate }: SarifOptions): Emit {
  return foldRun((report) => {
    const findings = findingsOf(report, locate);
    const rules = [...new Set(findings.map(({ rule }) => rule))].map((id) => ({ id, text: ruleText(id) }));
    const results = findings.map(({ rule, level, message, place, identity }) => ({
      rule,
      level,
      message: printable(message),
      ...(place ? { place } : {}),
      fingerprint: digest([rule, place?.file ?? '', ...identity]),
    }));
    write(`${JSON.stringify(sarifLog({ version, rules }, results), undefined, 1)}\n`);
  });
}

/** The same as long as it is about the same thing: lines move, values and hosts change. */
function digest(parts: readonly string[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 32);
}
