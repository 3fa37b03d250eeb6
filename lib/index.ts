/** What task and kind modules import as `tightbeam`. */
export { type Bytes, sha256, toBytes } from './base/bytes.ts';
export { Secret } from './base/secret.ts';
export { join, quote, quoteBytes, quoteSecret, Sh, sh } from './base/sh.ts';
export { findUnknown, Unknown, unlessUnknown } from './base/unknown.ts';
export type { Facts } from './model/facts.ts';
export type { Key } from './model/key.ts';
export type { At, Kind, Reading, Ref, State, Want } from './model/kind.ts';
export { type Change, type Draft, PlanError, type Resource } from './model/resource.ts';
export { defineTask, type HostView, type TaskContext } from './model/task.ts';
