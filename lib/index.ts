/** What task and kind modules import as `tightbeam`. */
export { type Bytes, type Printed, sha256, toBytes } from './base/bytes.ts';
export { Secret } from './base/secret.ts';
export { join, quote, quoteBytes, quoteSecret, Sh, sh } from './base/sh.ts';
export { findUnknown, known, Unknown, unlessUnknown } from './base/unknown.ts';
export type { Facts } from './model/facts.ts';
export { type Key, keyId } from './model/key.ts';
export {
  type At,
  defineKind,
  type Kind,
  type Reading,
  type Ref,
  type State,
  type Want,
} from './model/kind.ts';
export {
  type Action,
  type AnyResource,
  type Change,
  type Debt,
  type Difference,
  type Draft,
  type Effect,
  type Owed,
  PlanError,
  type Resource,
} from './model/resource.ts';
export {
  defineTask,
  type HostView,
  type LocalFile,
  type OutputUse,
  type ParamFault,
  type Params,
  type ParamsSchema,
  type TaskContext,
  type TaskDefinition,
} from './model/task.ts';
export { authorizedKeys } from './resources/authorized-key.ts';
export { cron } from './resources/cron.ts';
export { directory } from './resources/directory.ts';
export { file } from './resources/file.ts';
export { fileRef } from './resources/file-kind.ts';
export { absolutePath, OWNERSHIP, STATE, WRITING } from './resources/file-params.ts';
export { group } from './resources/group.ts';
export { groupRef } from './resources/group-kind.ts';
export { hostname } from './resources/hostname.ts';
export { kernelModule } from './resources/kernel-module.ts';
export { lineInFile } from './resources/line.ts';
export { packages } from './resources/package.ts';
export { packageRef } from './resources/package-kind.ts';
export { service } from './resources/service.ts';
export { symlink } from './resources/symlink.ts';
export { sysctl, sysctlFile } from './resources/sysctl.ts';
export { unitRef } from './resources/unit-kind.ts';
export { user } from './resources/user.ts';
export { userRef } from './resources/user-kind.ts';
