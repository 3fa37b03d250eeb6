/**
 * The provision runbook on bare hosts, beside what no tool can spare them: apt-get alone, installing the same packages.
 * Each round has new hosts for each of the two.
 */
import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { measure } from './meter.mjs';
import { section } from './table.mjs';

const APT = 'apt-get alone';
const QUIET = 'DEBIAN_FRONTEND=noninteractive apt-get -qq';
/** As the runbook's step `tools` has them in the lab. */
const PACKAGES = 'wireguard-tools nftables frr frr-pythontools wireguard-go';

/** `bare` gives hosts that nothing was done to; `onHosts` runs a script on all of them by plain ssh. */
export async function firstRun({ project, root, run, bare, onHosts, rounds }) {
  copyFileSync(join(root, 'runbooks/provision.yaml'), join(project, 'runbooks/provision.yaml'));
  const figures = { [APT]: [], 'run provision (ours)': [] };
  for (let round = 0; round < rounds; round += 1) {
    let hosts = bare();
    figures[APT].push(
      await onHosts(
        hosts,
        `{ ${QUIET} update && ${QUIET} -y --no-install-recommends install ${PACKAGES}; } >/dev/null 2>&1`,
      ),
    );
    hosts = bare();
    const figure = await measure(`${run} provision inventory/lab --no-color`, { cwd: project, hosts });
    figures['run provision (ours)'].push(figure);
  }
  return section('The provision runbook on two bare hosts, 0 ms', figures, APT);
}
