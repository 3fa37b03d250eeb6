/** Whether a state is one that was written down. */

/** Stands in a journal for a field that was known after the apply alone. */
function isUnknown(value: unknown): boolean {
  return typeof value === 'object' && value !== null && '$unknown' in value;
}

/**
 * Field by field of what both have: readers who asked otherwise are told more, or less. What was not known, and what was
 * secret, is held to be the same.
 */
export function sameState(written: unknown, found: unknown, planned = false): boolean {
  if (isUnknown(written)) return true;
  // Of what was only planned, these stand for what nobody could know before.
  if (planned && (written === '' || written === -1)) return true;
  if (typeof written === 'string' && typeof found === 'string') return sameText(written, found);
  if (Array.isArray(written) || Array.isArray(found)) {
    if (!Array.isArray(written) || !Array.isArray(found) || written.length !== found.length) return false;
    return written.every((each, index) => sameState(each, found[index], planned));
  }
  if (isFields(written) && isFields(found))
    return Object.entries(written).every(
      ([name, value]) => !(name in found) || sameState(value, found[name], planned),
    );
  return written === found;
}

function isFields(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}

/** `‹psk›`, `‹secret›`: somebody's value, which was taken out. */
function sameText(written: string, found: string): boolean {
  if (written === found) return true;
  if (!/‹[^›]+›/.test(written)) return false;
  const parts = written.split(/‹[^›]+›/).map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${parts.join('[^]*')}$`).test(found);
}
