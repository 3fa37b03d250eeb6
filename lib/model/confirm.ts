/** How long a host waits for a new login before it takes back what was changed, as people say it. */

/** Where nobody says a time, in milliseconds. */
export const CONFIRM_MS = 60_000;

/** In milliseconds; off: nothing is taken back. */
export type Confirm = number | 'off';

/** `60s`, `5m`, true, false, `off`; undefined when it is none of these. */
export function parseConfirm(value: unknown): Confirm | undefined {
  if (value === true) return CONFIRM_MS;
  if (value === false || value === 'off') return 'off';
  const [, digits, unit] = /^([1-9][0-9]{0,4})(s|m)$/.exec(String(value)) ?? [];
  return digits === undefined ? undefined : Number(digits) * (unit === 'm' ? 60_000 : 1000);
}
