/** Kernel parameters in a desired state: the running values, and the file that brings them back at boot. */
import { type Bytes, toBytes } from '../../base/bytes.ts';
import { sh } from '../../base/sh.ts';
import { PlanError, type Resource } from '../../model/resource.ts';
import { editFile, linesOf, linesToContent } from '../file/content-edit.ts';
import type { FileHint, FileState } from '../file/file-state.ts';
import { sysctlBack } from './sysctl-back.ts';
import { plainValue, type SysctlState, sysctlKey, sysctlKind } from './sysctl-kind.ts';
import { plainSysctl, sysctlModule, sysctlPath } from './sysctl-name.ts';

/** The running value of one parameter. */
export function sysctl(name: string, value: string): Resource<SysctlState> {
  const plain = plainSysctl(name);
  const wanted = plainValue(value);
  return {
    kind: sysctlKind,
    key: sysctlKey(name),
    plan(state, _, now) {
      if (!state.exists) throw missing(plain);
      if (state.value === wanted) return null;
      return {
        action: 'update',
        summary: `${state.value || 'empty'} → ${wanted || 'empty'}`,
        diff: [{ kind: 'field', name: 'value', from: state.value, to: wanted }],
        after: { exists: true, value: wanted },
        run: sh`printf '%s\n' ${wanted} >${sysctlPath(plain)} || { echo "the kernel does not take this value for "${plain} >&2; exit 1; }`,
        effects: [],
        opaque: false,
        inverse: plain.endsWith('disable_ipv6') ? 'approximate' : 'yes',
        back: sysctlBack(plain, state.value, now),
      };
    },
  };
}

function missing(plain: string): PlanError {
  const module = sysctlModule(plain);
  if (module === undefined) {
    return new PlanError(
      `this kernel has no parameter ${plain}`,
      'check the name; if a kernel module or an interface brings it, load or make that in an earlier step',
    );
  }
  return new PlanError(
    `this kernel has no parameter ${plain} as long as the module ${module} is not loaded`,
    `add a step before it: task kernel_module with name ${module}`,
  );
}

/** The parameters in a file of /etc/sysctl.d; other lines of the file stay. An undefined value: its lines go. */
export function sysctlFile(
  path: string,
  values: Readonly<Record<string, string | undefined>>,
): Resource<FileState, FileHint> {
  const wanted = new Map(Object.entries(values).map(([name, value]) => [plainSysctl(name), value]));
  const kept = [...wanted.values()].some((value) => value !== undefined);
  return editFile(path, {
    edit: (content) => settings(content, wanted),
    summary: `${kept ? 'set' : 'remove'} ${[...wanted.keys()].join(', ')}`,
    missing: kept ? 'create' : 'leave',
    ...(kept ? { owner: 'root', group: 'root', mode: '0644' } : {}),
  });
}

function settings(content: Bytes, wanted: ReadonlyMap<string, string | undefined>): Bytes {
  const open = new Map(wanted);
  const lines = linesOf(content)
    // From the end: the last line of a name is the one that holds, so it is the one that stays.
    .reverse()
    .flatMap((line) => {
      const name = nameOf(line);
      if (name === undefined || !wanted.has(name)) return [line];
      const value = open.get(name);
      if (value === undefined) return [];
      open.delete(name);
      return [sameSetting(line, value) ? line : setting(name, value)];
    })
    .reverse();
  for (const [name, value] of open) if (value !== undefined) lines.push(setting(name, value));
  return linesToContent(lines, content);
}

const LINE = /^\s*-?\s*([^\s=#;][^=]*?)\s*=\s*(.*?)\s*$/;

function nameOf(line: Bytes): string | undefined {
  const name = LINE.exec(line)?.[1];
  try {
    return name === undefined ? undefined : plainSysctl(name);
  } catch (error) {
    if (error instanceof PlanError) return undefined;
    throw error;
  }
}

function sameSetting(line: Bytes, value: string): boolean {
  return plainValue(LINE.exec(line)?.[2] ?? '') === plainValue(value);
}

function setting(name: string, value: string): Bytes {
  return toBytes(`${name} = ${plainValue(value)}`);
}
