/**
 * A bundle: the states that runbooks look at, as they were found on the hosts of an inventory. Plans are made on it
 * with no connection. Plain data in a JSON file (docs/bundle.schema.json); no secret is in it.
 */
import type { Facts } from './facts.ts';
import type { Key } from './key.ts';

export const BUNDLE_KIND = 'tightbeam-bundle';
export const BUNDLE_VERSION = 1;

export interface Bundle {
  readonly kind: typeof BUNDLE_KIND;
  readonly v: typeof BUNDLE_VERSION;
  /** Version of the engine that recorded it. */
  readonly engine: string;
  /** ISO 8601, in UTC. */
  readonly created: string;
  /** The runbooks whose states were read, as they were named. */
  readonly runbooks: readonly string[];
  readonly hosts: Readonly<Record<string, BundleHost>>;
}

export type BundleHost =
  | RecordedHost
  /** Nothing was read, and why. */
  | { readonly unreachable: string };

export interface RecordedHost {
  readonly login: Login;
  readonly facts: Facts;
  /** By the name that was asked for; several where different things were asked of one key. */
  readonly states: Readonly<Record<Key, readonly Recorded[]>>;
}

/** The account that the states were read as. */
export interface Login {
  readonly uid: number;
  readonly user: string;
  /** Before become. */
  readonly login: string;
  /** Where marks lie on the host. */
  readonly stateDir: string;
}

export type Recorded =
  | {
      /** What the reader asked with. */
      readonly hint?: unknown;
      readonly state: unknown;
      /** The true name, where it differs. */
      readonly canonical?: Key;
    }
  | { readonly hint?: unknown; readonly unreadable: string };
