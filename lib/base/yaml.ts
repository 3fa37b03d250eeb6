/** The one door to the yaml library: as trees with places for what people write, as plain data for what is compared. */
import { parseAllDocuments } from 'yaml';

export {
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
} from 'yaml';

/** The data of a text of one document; undefined where that is not beyond doubt. */
export function plainYaml(text: string): unknown {
  try {
    const documents = parseAllDocuments(text, { prettyErrors: false, logLevel: 'silent', intAsBigInt: true });
    if (!Array.isArray(documents)) return undefined;
    const [only, ...more] = documents;
    if (!only || more.length > 0 || only.errors.length + only.warnings.length > 0) return undefined;
    return only.toJS({ maxAliasCount: 100 });
  } catch {
    // Nested too deeply, or an alias too often.
    return undefined;
  }
}
