/** The recap of a run for people: a line for each host, or one for many. */
import type { HostRecap, RunEvent } from '../model/event.ts';
import type { Paint } from './paint.ts';
import type { TextOptions } from './text.ts';

export function recapText(
  event: Extract<RunEvent, { kind: 'recap' }>,
  { paint, recapOf = () => true }: Pick<TextOptions, 'paint' | 'recapOf'>,
): string {
  const all = Object.entries(event.hosts);
  const shown = all.filter(([, recap]) => recapOf(recap, all.length));
  const rest = all.filter((entry) => !shown.includes(entry)).map(([, recap]) => recap);
  const names = [...shown.map(([name]) => name), ...(rest.length > 0 ? [restName(shown.length, rest)] : [])];
  const width = Math.max(4, ...names.map((name) => name.length));
  const lines = shown.map(([name, recap]) => recapLine(name.padEnd(width), recap, paint));
  if (rest.length > 0) lines.push(recapLine(restName(shown.length, rest).padEnd(width), sumOf(rest), paint));
  const title = event.dryRun ? 'RECAP of a dry run (changed = would change)' : 'RECAP';
  const next = event.next === undefined ? '' : `next: ${paint.bold(event.next)}\n`;
  return `\n${paint.bold(title)}\n${lines.join('')}${next}`;
}

function restName(shown: number, rest: readonly HostRecap[]): string {
  return `${shown > 0 ? 'the other' : 'all'} ${rest.length} hosts`;
}

/** Steps of all of them, the most round trips, the longest time. */
function sumOf(recaps: readonly HostRecap[]): HostRecap {
  const sum = (field: 'ok' | 'changed' | 'failed' | 'ignored' | 'skipped' | 'later'): number =>
    recaps.reduce((total, recap) => total + recap[field], 0);
  return {
    ok: sum('ok'),
    changed: sum('changed'),
    failed: sum('failed'),
    ignored: sum('ignored'),
    skipped: sum('skipped'),
    later: sum('later'),
    rolledBack: recaps.reduce((total, { rolledBack = 0 }) => total + rolledBack, 0),
    unreachable: false,
    readOnly: false,
    roundTrips: Math.max(...recaps.map(({ roundTrips }) => roundTrips)),
    seconds: Math.max(...recaps.map(({ seconds }) => seconds)),
  };
}

function recapLine(name: string, recap: HostRecap | undefined, paint: Paint): string {
  if (!recap) return '';
  const field = (label: string, count: number, colour: (text: string) => string): string => {
    const text = `${label}=${count} `.padEnd(label.length + 5);
    return count > 0 ? colour(text) : text;
  };
  const trips = `${recap.roundTrips} round trip${recap.roundTrips === 1 ? '' : 's'}, ${recap.seconds.toFixed(1)} s`;
  return `${name} : ${field('ok', recap.ok, paint.green)}${field('changed', recap.changed, paint.yellow)}${field(
    'unreachable',
    recap.unreachable ? 1 : 0,
    paint.red,
  )}${field('failed', recap.failed, paint.red)}${field('skipped', recap.skipped, paint.cyan)}${recap.ignored > 0 ? field('ignored', recap.ignored, paint.cyan) : ''}${recap.rolledBack ? field('taken back', recap.rolledBack, paint.red) : ''}${recap.later > 0 ? field('later', recap.later, paint.cyan) : ''}${paint.dim(
    `${trips}${recap.readOnly ? ', read only' : ''}${recap.locked ? ', locked' : ''}`,
  )}\n`;
}
