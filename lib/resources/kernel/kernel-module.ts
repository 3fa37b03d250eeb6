/** A kernel module in a desired state: now by modprobe, at boot by a file in /etc/modules-load.d. */
import { toBytes } from '../../base/bytes.ts';
import { sh } from '../../base/sh.ts';
import { type AnyResource, type Draft, PlanError, type Resource } from '../../model/resource.ts';
import { file } from '../file/file.ts';
import { loadedBack } from './kernel-module-back.ts';
import { type ModuleState, moduleKind, moduleName } from './kernel-module-kind.ts';

export interface ModuleWish {
  readonly state: 'present' | 'absent';
  /** Load it at boot too; with `absent`, that is taken back. */
  readonly boot: boolean;
}

/** The module `name` now and, where asked for, at boot. */
export function kernelModule(name: string, wish: ModuleWish): readonly AnyResource[] {
  const path = `/etc/modules-load.d/${name}.conf`;
  const content = toBytes(`${name}\n`);
  const absent = wish.state === 'absent';
  const atBoot = absent
    ? file(path, { absent: true })
    : file(path, { content, owner: 'root', group: 'root', mode: '0644' });
  return wish.boot ? [atBoot, now(name, wish)] : [now(name, wish)];
}

function now(name: string, wish: ModuleWish): Resource<ModuleState> {
  return {
    kind: moduleKind,
    key: `module:${moduleName(name)}`,
    plan(state, _, change) {
      if (wish.state === 'present') return state.exists ? null : load(name, state, change);
      return state.exists ? unload(name, state) : null;
    },
  };
}

function load(name: string, state: ModuleState, change: number): Draft<ModuleState> {
  if (!state.available) {
    throw new PlanError(
      `kernel ${state.kernel} has no module ${name}`,
      'check its name, or install the kernel package that brings it (and reboot into that kernel) in an earlier step',
    );
  }
  return {
    ...PLAIN,
    action: 'create',
    summary: 'load it',
    after: { ...state, exists: true, available: true },
    run: sh`modprobe ${name}`,
    inverse: 'yes',
    back: loadedBack(moduleName(name), change),
  };
}

function unload(name: string, state: ModuleState): Draft<ModuleState> {
  if (state.builtin) {
    throw new PlanError(
      `module ${name} is built into kernel ${state.kernel} and cannot be unloaded`,
      'take the step out, or switch off what uses the module',
    );
  }
  return {
    ...PLAIN,
    action: 'delete',
    summary: 'unload it',
    after: { ...state, exists: false },
    run: sh`modprobe -r ${name}`,
    inverse: 'approximate',
    back: {
      restore: sh`modprobe ${name}`,
      leaves: [`parameters with which ${name} was loaded by hand`],
    },
  };
}

// A module brings sysctls, devices and other modules along.
const PLAIN = { diff: [], effects: [], opaque: true } as const;

export { type ModuleState, moduleKind, moduleRef } from './kernel-module-kind.ts';
