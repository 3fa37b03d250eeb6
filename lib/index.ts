/** What task and kind modules import as `tightbeam`. */
export { type Bytes, type Printed, sha256, toBytes } from './base/bytes.ts';
export { Secret } from './base/secret.ts';
export { join, quote, quoteBytes, quoteSecret, Sh, sh } from './base/sh.ts';
export { findUnknown, known, Unknown, unlessUnknown } from './base/unknown.ts';
export type { Difference } from './model/difference.ts';
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
export type { Lint, LintFinding, LintHost, LintStep, LintUse, LintView } from './model/lint.ts';
export {
  definePolicy,
  type Objection,
  type PlanChange,
  type PlanHost,
  type PlanView,
  type Policy,
  type PolicyContext,
} from './model/policy.ts';
export {
  type Action,
  type AnyResource,
  type Change,
  type Debt,
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
export { cron } from './resources/file/cron.ts';
export { directory } from './resources/file/directory.ts';
export { file } from './resources/file/file.ts';
export { fileRef } from './resources/file/file-kind.ts';
export { absolutePath, OWNERSHIP, STATE, WRITING } from './resources/file/file-params.ts';
export { lineInFile } from './resources/file/line.ts';
export { symlink } from './resources/file/symlink.ts';
export { hostname } from './resources/kernel/hostname.ts';
export { kernelModule } from './resources/kernel/kernel-module.ts';
export { sysctl, sysctlFile } from './resources/kernel/sysctl.ts';
export { packages } from './resources/package/package.ts';
export { packageRef } from './resources/package/package-kind.ts';
export { service } from './resources/unit/service.ts';
export { unitRef } from './resources/unit/unit-kind.ts';
export { authorizedKeys } from './resources/user/authorized-key.ts';
export { group } from './resources/user/group.ts';
export { groupRef } from './resources/user/group-kind.ts';
export { user } from './resources/user/user.ts';
export { userRef } from './resources/user/user-kind.ts';
