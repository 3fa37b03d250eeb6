/** The unit that loads our tables of nftables at boot, and again after nftables.service has flushed everything. */

export const UNIT = 'tightbeam-nftables.service';
export const FOLDER = '/etc/tightbeam/nftables.d';

// PartOf: a restart of nftables.service, which empties the whole ruleset, starts this one again after it; a reload
// does the same. Early, as nftables.service is: before any address is there.
// In unit files `$$` is a dollar sign.
const LOAD = `/bin/sh -c 'rc=0; for f in ${FOLDER}/*.nft; do [ -e "$$f" ] || continue; nft -f "$$f" || { echo "$$f cannot be loaded" >&2; rc=1; }; done; exit $$rc'`;

export const UNIT_TEXT = `# Made by Tightbeam: loads the tables in ${FOLDER}.
[Unit]
Description=Tables of nftables made by Tightbeam
DefaultDependencies=no
Wants=network-pre.target
After=systemd-modules-load.service nftables.service
Before=network-pre.target shutdown.target
Conflicts=shutdown.target
PartOf=nftables.service
ReloadPropagatedFrom=nftables.service

[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=${LOAD}
ExecReload=${LOAD}

[Install]
WantedBy=sysinit.target
`;
