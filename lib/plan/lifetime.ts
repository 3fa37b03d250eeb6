/** How long a plan may be applied: `90m`, `24h`, `7d`. */
const UNITS: Readonly<Record<string, number>> = { m: 60_000, h: 3_600_000, d: 86_400_000 };

/** Milliseconds; undefined where the text says none, or more than a year. */
export function lifetimeMs(text: string): number | undefined {
  const [, count = '0', unit = ''] = /^(\d{1,6})([mhd])$/.exec(text) ?? [];
  const value = Number(count) * (UNITS[unit] ?? 0);
  return value > 0 && value <= 366 * 86_400_000 ? value : undefined;
}
