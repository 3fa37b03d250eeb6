/** What a host does at boot for its network: scripts of ours in one folder, run by one unit. */
import { type Bytes, toBytes } from '../../base/bytes.ts';
import type { Sh } from '../../base/sh.ts';
import { type AnyResource, PlanError } from '../../model/resource.ts';
import { directory } from '../file/directory.ts';
import { file } from '../file/file.ts';
import { bootUnit } from './boot-unit.ts';

const UNIT = 'tightbeam-network.service';
const FOLDER = '/etc/tightbeam/network.d';

// Before FRR, and not after network.target, which FRR's unit stands before: zebra has to know the VXLAN links when the first
// routes come, or it may never learn where a peer's routed packets go.
// In unit files `$$` is a dollar sign.
const UNIT_TEXT = `# Made by Tightbeam: runs the scripts in ${FOLDER}, in the order of their names.
[Unit]
Description=Network settings of Tightbeam
ConditionDirectoryNotEmpty=${FOLDER}
Wants=network.target
After=network-pre.target systemd-modules-load.service systemd-sysctl.service
After=networking.service systemd-networkd.service NetworkManager.service
Before=frr.service network.target

[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/bin/sh -c 'rc=0; for f in ${FOLDER}/*.sh; do [ -e "$$f" ] || continue; /bin/sh "$$f" || { echo "$$f ended with status $$?" >&2; rc=1; }; done; exit $$rc'

[Install]
WantedBy=multi-user.target
`;

/** Where the script of that name lies on a host. */
export function bootPath(name: string): string {
  return `${FOLDER}/${name}.sh`;
}

/**
 * The script `name` (letters, digits, `-` and `_`; `50-evpn`), run as root at every boot, after the host's own network
 * set-up. It must do no harm where all is there already. Undefined text: it shall not be there. Nothing runs it
 * now: resources make the same changes in place.
 */
export function bootScript(name: string, text: Sh | undefined): readonly AnyResource[] {
  if (!/^[A-Za-z0-9_-]+$/.test(name)) {
    throw new PlanError(`"${name}" cannot name a boot script`, 'use letters, digits, - and _ alone');
  }
  const path = bootPath(name);
  if (text === undefined) return [file(path, { absent: true })];
  return [
    directory('/etc/tightbeam', {}),
    directory(FOLDER, {}),
    owned(path, `# Made by Tightbeam: run at boot by ${UNIT}.\n${text.text}\n` as Bytes),
    owned(`/etc/systemd/system/${UNIT}`, toBytes(UNIT_TEXT)),
    bootUnit(UNIT),
  ];
}

function owned(path: string, content: Bytes) {
  return file(path, { content, owner: 'root', group: 'root', mode: '0644' });
}
