/** Why the lints of Proxmox refuse what they refuse, and how that is known: what Proxmox itself does not say. */
import type { ProblemCode } from '../../base/problem-code.ts';

/** Tasks that make a host one of Proxmox. */
export const LINTED = [
  'evpnctl',
  'pve_ct',
  'pve_firewall_alias',
  'pve_firewall_group',
  'pve_firewall_ipset',
  'pve_firewall_options',
  'pve_firewall_rules',
  'pve_node_network',
  'pve_sdn_apply',
  'pve_sdn_controller',
  'pve_sdn_dns',
  'pve_sdn_ipam',
  'pve_sdn_subnet',
  'pve_sdn_vnet',
  'pve_sdn_zone',
  'pve_storage_download',
  'pve_vm',
] as const;

type PveCode = Extract<ProblemCode, `pve-${string}`>;

/** `reason`: what becomes of it; `source`: how that is known. */
export const PVE_KNOWLEDGE: Readonly<Record<PveCode, { readonly reason: string; readonly source: string }>> =
  {
    'pve-advertise-subnets': {
      reason: 'Proxmox announces whole subnets on nodes alone that are no exit nodes',
      source: 'the EVPN controller of pve-network, in its sources; seen on 8.4 and 9.1',
    },
    'pve-asn': {
      reason:
        'neighbors are expected in one’s own AS, and route targets begin with its number, so no route is taken in',
      source: 'frr.conf as pve-network writes it, 8.4 and 9.1',
    },
    'pve-bfd': {
      reason:
        'Proxmox has its BGP neighbors watched by BFD: once that was up and is cut, BGP goes down with it, and where it never comes up, a dead peer is noticed late',
      source: 'frr.conf as pve-network writes it; seen with FRR 10.3',
    },
    'pve-exit-node': {
      reason: 'Proxmox takes any name, and the zone has no way out in silence',
      source: 'seen on 8.4 and 9.1',
    },
    'pve-forward-rules': {
      reason:
        'rules of type forward are obeyed by the firewall on nftables alone; the older one leaves them out in silence',
      source: 'Proxmox VE Administration Guide, Firewall',
    },
    'pve-guest-mtu': {
      reason: 'its large packets are lost without a word, while small ones and pings pass',
      source: 'VXLAN sends no ICMP to the guest for what does not fit',
    },
    'pve-local-routing': {
      reason:
        'what goes through the exit node’s own routing has its ports rewritten on the way, and guests reset the connections of the other site',
      source: 'a set-up with two clusters, where connections broke until it was off',
    },
    'pve-lockout': {
      reason:
        'with it on, SSH and the web interface are left to the local network and to the ipset management; everybody else is shut out',
      source: 'Proxmox VE Administration Guide, Firewall',
    },
    'pve-rp-filter': {
      reason:
        'pve-firewall.conf of Proxmox sets it to 2, and files are read in the order of their names, so at the next boot that is what holds',
      source: 'sysctl.d(5), and the package pve-firewall',
    },
    'pve-subnet-overlap': {
      reason: 'a zone is one routing table, and Proxmox takes what overlaps in it all the same',
      source: 'seen on 8.4 and 9.1',
    },
    'pve-subnet-shared': {
      reason:
        'tenants may have the same addresses, but where both go out by an exit node, answers find but one of them',
      source: 'exit nodes import the routes of their zones into the main table, 8.4 and 9.1',
    },
    'pve-vni': {
      reason: 'VNIs are the same on all sites of a fabric, as route targets are made of them',
      source: 'frr.conf as pve-network writes it: ASN:VNI',
    },
    'pve-vni-clash': {
      reason: 'a VNI names one thing, and Proxmox does not compare those of routing with those of vnets',
      source: 'Proxmox VE Administration Guide, SDN; seen on 8.4 and 9.1',
    },
    'pve-zone-mtu': {
      reason: 'VXLAN takes 50 bytes of each packet (70 over IPv6), and what does not fit is lost',
      source: 'RFC 7348; the MTU that Proxmox takes of itself is 1450',
    },
  };

/** What is wrong, why, and how that is known. */
export function explained(code: PveCode, what: string): { readonly code: PveCode; readonly message: string } {
  const { reason, source } = PVE_KNOWLEDGE[code];
  return { code, message: `${what}: ${reason} (${source})` };
}
