/** rp_filter in a file that one of Proxmox is read after. */
import type { Lint, LintFinding, LintView } from '../../model/lint.ts';
import { RP_FILTER, readLater, setsRpFilter } from '../kernel/sysctl-order.ts';
import { explained, LINTED } from './pve-knowledge.ts';
import { finding, proxmoxHosts, textIn, type Used, usedOn } from './pve-view.ts';

export const rpFilterLint: Lint = {
  tasks: [...LINTED, 'sysctl'],
  find: (view) => proxmoxHosts(view).flatMap((host) => findings(view, host)),
};

function findings(view: LintView, host: string): readonly LintFinding[] {
  const setting = (usedOn(view, 'sysctl', host) ?? []).filter((used) => valuesOf(used) !== undefined);
  // A later step may set it in a file that wins.
  if (setting.some((used) => !isLost(used))) return [];
  return setting.flatMap((used) => {
    const name = setsRpFilter(valuesOf(used) ?? {});
    if (name === undefined) return [];
    const file = textIn(used, 'file') ?? '';
    return [
      finding(used, ['values', name], {
        ...explained('pve-rp-filter', `what ${file} says of ${RP_FILTER} is lost`),
        hint: 'name the file so that it comes later: `file: /etc/sysctl.d/zz-sdn.conf`',
      }),
    ];
  });
}

/** Undefined where rp_filter is not in it. */
function valuesOf({ use }: Used): Readonly<Record<string, unknown>> | undefined {
  const values = use.params.values as Readonly<Record<string, unknown>> | undefined;
  return values && setsRpFilter(values) !== undefined ? values : undefined;
}

function isLost(used: Used): boolean {
  const file = textIn(used, 'file');
  return file !== undefined && !readLater(file);
}
