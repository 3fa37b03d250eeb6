/** How our tables of nftables come back: at boot, and whenever nftables.service has emptied the whole ruleset. */

export const UNIT = 'tightbeam-nftables.service';
export const FOLDER = '/etc/tightbeam/nftables.d';

// Each file by itself, so that none is missing for another's fault. In unit files `$$` is a dollar sign.
const LOAD = `/bin/sh -c 'rc=0; for f in ${FOLDER}/*.nft; do [ -e "$$f" ] || continue; nft -f "$$f" || { echo "$$f cannot be loaded" >&2; rc=1; }; done; exit $$rc'`;

/** Early, as nftables.service is: before any address is there. */
export const UNIT_TEXT = `# Made by Tightbeam: loads the tables in ${FOLDER}.
[Unit]
Description=Tables of nftables made by Tightbeam
DefaultDependencies=no
Wants=network-pre.target
After=systemd-modules-load.service nftables.service
Before=network-pre.target shutdown.target
Conflicts=shutdown.target

[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=${LOAD}
ExecReload=${LOAD}

[Install]
WantedBy=sysinit.target
`;

export const DROP_INS = '/etc/systemd/system/nftables.service.d';

/**
 * nftables.service begins with `flush ruleset`, at a start, a restart and a reload. As a part of those jobs our tables
 * are back when they end; a unit bound to it by PartOf= would follow some time later, and not after a plain start.
 */
export const DROP_IN_TEXT = `# Made by Tightbeam: brings the tables in ${FOLDER} back after a flush of the ruleset.
[Service]
ExecStartPost=-${LOAD}
ExecReload=-${LOAD}
`;
