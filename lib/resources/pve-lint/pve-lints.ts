/** All lints of Proxmox: each of its tasks brings them along, and a runbook is asked once. */
import type { Lint } from '../../model/lint.ts';
import { exitLint } from './lint-exit.ts';
import { firewallLint } from './lint-firewall.ts';
import { mtuLint } from './lint-mtu.ts';
import { rpFilterLint } from './lint-rp-filter.ts';
import { subnetLint } from './lint-subnet.ts';
import { vniLint } from './lint-vni.ts';

export const PVE_LINTS: readonly Lint[] = [
  exitLint,
  vniLint,
  mtuLint,
  subnetLint,
  firewallLint,
  rpFilterLint,
];
