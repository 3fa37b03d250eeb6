/** The names of all facts, so that a misspelt one is found before anything runs. */
import type { Facts } from '../model/facts.ts';

type Names<T> = {
  readonly [K in keyof T]: T[K] extends string | number | readonly unknown[] ? true : Names<T[K]>;
};

/** `true`: a value; a map: more names. Checked against the type of the facts by the compiler. */
export const FACT_NAMES: Names<Facts> = {
  os: { id: true, version: true, codename: true, family: true },
  arch: true,
  kernel: true,
  hostname: true,
  init: true,
  package_manager: true,
  virtualization: true,
  addresses: true,
  interfaces: true,
  default_interface: true,
  cpus: true,
  memory_mb: true,
  machine_id: true,
  proxmox: true,
};
