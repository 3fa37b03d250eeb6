/** The frame of a SARIF 2.1.0 log: one run of our tool, its rules, and results that name them. */
import { isAbsolute } from 'node:path';
import { pathToFileURL } from 'node:url';

export interface SarifRule {
  readonly id: string;
  readonly text: string;
}

export interface SarifResult {
  /** Id of a rule. */
  readonly rule: string;
  readonly level: 'error' | 'warning' | 'note';
  readonly message: string;
  /** A path, absolute or relative to the folder that the log is about; 1-based, columns in UTF-16 units. */
  readonly place?: { readonly file: string; readonly line?: number; readonly col?: number };
  readonly excerpt?: string;
  /** By which code scanning knows a result again. */
  readonly fingerprint?: string;
}

export interface SarifTool {
  readonly version: string;
  readonly rules: readonly SarifRule[];
}

/** The whole document, ready for JSON. Rules that no result names are left out. */
export function sarifLog({ version, rules }: SarifTool, results: readonly SarifResult[]): object {
  const named = new Set(results.map(({ rule }) => rule));
  const used = rules.filter(({ id }) => named.has(id));
  const index = new Map(used.map(({ id }, at) => [id, at]));
  return {
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    version: '2.1.0',
    runs: [
      {
        tool: {
          driver: {
            name: 'Tightbeam',
            version,
            rules: used.map(({ id, text }) => ({ id, shortDescription: { text } })),
          },
        },
        columnKind: 'utf16CodeUnits',
        results: results.map((result) => resultOf(result, index.get(result.rule))),
      },
    ],
  };
}

/** Number of the way in which fingerprints are made. */
const FINGERPRINT = 'tightbeam/v1';

function resultOf(
  { rule, level, message, place, excerpt, fingerprint }: SarifResult,
  ruleIndex: number | undefined,
) {
  const snippet = excerpt === undefined ? {} : { snippet: { text: excerpt } };
  const { line, col } = place ?? {};
  const region =
    line === undefined
      ? {}
      : { region: { startLine: line, ...(col === undefined ? {} : { startColumn: col }), ...snippet } };
  const location = place && {
    physicalLocation: { artifactLocation: { uri: uriOf(place.file) }, ...region },
  };
  return {
    ruleId: rule,
    ...(ruleIndex === undefined ? {} : { ruleIndex }),
    level,
    message: { text: message },
    ...(location ? { locations: [location] } : {}),
    ...(fingerprint === undefined ? {} : { partialFingerprints: { [FINGERPRINT]: fingerprint } }),
  };
}

/** A relative path stays relative: what shows the log knows the folder. */
function uriOf(file: string): string {
  if (isAbsolute(file)) return pathToFileURL(file).href;
  return file.split('/').map(encodeURIComponent).join('/');
}
