/** The kinds of this product by their names: what was written down of a change names its key, and no module. */
import type { AnyKind } from '../../model/kind.ts';

/** Those that changes have. A project's own kinds are not among them. */
const KINDS: Readonly<Record<string, () => Promise<AnyKind>>> = {
  file: async () => (await import('../../resources/file/file-kind.ts')).fileKind,
  frr: async () => (await import('../../resources/frr/frr-kind.ts')).frrKind,
  group: async () => (await import('../../resources/user/group-kind.ts')).groupKind,
  hostname: async () => (await import('../../resources/kernel/hostname.ts')).hostnameKind,
  link: async () => (await import('../../resources/link/link-kind.ts')).linkKind,
  module: async () => (await import('../../resources/kernel/kernel-module-kind.ts')).moduleKind,
  'nft-table': async () => (await import('../../resources/nft/nft-table-kind.ts')).nftTableKind,
  'overlay-links': async () => (await import('../../resources/evpn/evpn-leftover.ts')).leftoverKind,
  package: async () => (await import('../../resources/package/package-kind.ts')).packageKind,
  provisioned: async () => (await import('../../resources/provision/provision-kind.ts')).provisionKind,
  pve: async () => (await import('../../resources/pve/pve-kind.ts')).pveKind,
  sysctl: async () => (await import('../../resources/kernel/sysctl-kind.ts')).sysctlKind,
  unit: async () => (await import('../../resources/unit/unit-kind.ts')).unitKind,
  user: async () => (await import('../../resources/user/user-kind.ts')).userKind,
  wireguard: async () => (await import('../../resources/wireguard/wireguard-kind.ts')).wireguardKind,
  'wireguard-conf': async () =>
    (await import('../../resources/wireguard/wireguard-conf-kind.ts')).wireguardConfKind,
  'wireguard-key': async () =>
    (await import('../../resources/wireguard/wireguard-key-kind.ts')).wireguardKeyKind,
};

/** Those of these names; what is not known is left out. */
export async function kindsNamed(names: ReadonlySet<string>): Promise<ReadonlyMap<string, AnyKind>> {
  const found = await Promise.all([...names].map(async (name) => [name, await KINDS[name]?.()] as const));
  return new Map(found.flatMap(([name, kind]) => (kind ? [[name, kind] as const] : [])));
}
