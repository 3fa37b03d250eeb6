/** An inventory in TypeScript: its default export, or what the function there gives. */
import type { Place } from '../../base/problem.ts';
import { importTask, TaskFault } from '../source/compile.ts';
import { isMap } from '../source/json-schema.ts';
import { shownPath } from '../source/read.ts';
import type { Report } from '../source/report.ts';

export interface ModuleWorld {
  readonly root: string;
  readonly cwd: string;
  readonly engineUrl: string;
}

/** Undefined when there is none (reported). */
export async function moduleInventory(path: string, world: ModuleWorld, report: Report): Promise<unknown> {
  const shown = shownPath(path, world.cwd);
  const at = (place: Place | undefined): Place =>
    place ? { ...place, file: shownPath(place.file, world.cwd) } : { file: shown, line: 1, col: 1 };
  const broken = (message: string, place: Place | undefined): undefined => {
    report.add('inventory-module', `the inventory cannot be loaded: ${message}`, at(place), `mend ${shown}`);
    return undefined;
  };
  let placeOf: (error: unknown) => Place | undefined = () => undefined;
  try {
    const imported = await importTask(path, world.root, world.engineUrl);
    placeOf = imported.placeOf;
    const given = isMap(imported.module) ? imported.module.default : undefined;
    const value: unknown = typeof given === 'function' ? await inTime(given()) : given;
    if (value !== undefined) return value;
    const hint = 'write `export default { hosts: { … } }`, or a function that gives this';
    const what = typeof given === 'function' ? 'its function gives nothing' : 'it has no default export';
    report.add('inventory-module', `no inventory: ${what}`, at(undefined), hint);
    return undefined;
  } catch (error) {
    if (error instanceof TaskFault) return broken(error.message, error.place);
    return broken(`it throws ${String(error)}`, placeOf(error));
  }
}

export const INVENTORY_LIMIT_MS = 30_000;

async function inTime(given: unknown): Promise<unknown> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => reject(new Error(`no end after ${INVENTORY_LIMIT_MS / 1000} s`)),
      INVENTORY_LIMIT_MS,
    );
  });
  try {
    return await Promise.race([given, late]);
  } finally {
    clearTimeout(timer);
  }
}
