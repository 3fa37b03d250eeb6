/** Users in a desired state; also the door through which others refer to users and groups. */
export { type GroupState, groupKind, groupRef } from './group-kind.ts';
export { type UserHint, type UserState, userKind, userRef } from './user-kind.ts';
