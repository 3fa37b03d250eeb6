/** The settings of a VM as they will be, and which of them wait for it to start anew. */
import type { PveState, PveValue } from './pve-state.ts';

/** The field that names them; a list, left out where none waits. */
export const WAITING = '@waiting';

/**
 * From the list under `pending`: what runs, what is to come, and what is to go. pvesh gives the settings to come as the
 * settings, so that nobody sees by them that a VM runs with others.
 */
export function guestOf(list: readonly Readonly<Record<string, PveValue>>[]): PveState {
  const value: Record<string, PveValue> = {};
  const waiting: string[] = [];
  let digest = '';
  for (const each of list) {
    const name = String(each.key ?? '');
    if (name === 'digest') {
      digest = String(each.value ?? '');
      continue;
    }
    if (each.pending !== undefined || each.delete !== undefined) waiting.push(name);
    if (each.delete !== undefined) continue;
    const told = each.pending ?? each.value;
    if (told !== undefined) value[name] = told;
  }
  if (waiting.length > 0) value[WAITING] = waiting.sort();
  return { exists: true, value, digest };
}

/** Settings that a running VM takes at once, whatever it is. */
const AT_ONCE = new Set([
  'name',
  'onboot',
  'startup',
  'description',
  'protection',
  'tags',
  'hookscript',
  'shares',
]);
/** What can be plugged in where the VM does not say otherwise. */
const PLUGGED = 'network,disk,usb';

/** Whether a running VM has it only once it is started anew. */
export function waits(name: string, found: Readonly<Record<string, string>>): boolean {
  if (AT_ONCE.has(name)) return false;
  const told = found.hotplug ?? PLUGGED;
  const may = told === '1' ? PLUGGED.split(',') : told.split(',');
  if (/^net\d+$/.test(name)) return !may.includes('network');
  if (name === 'memory') return !may.includes('memory');
  if (name === 'vcpus') return !may.includes('cpu');
  return true;
}
