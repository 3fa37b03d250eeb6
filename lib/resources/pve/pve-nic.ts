/** Network interfaces and other settings of a guest that are lists of properties: `virtio=BC:24:…,bridge=vmbr0,firewall=1`. */

export interface NicWish {
  /** Of VMs: virtio, e1000 … */
  readonly model?: string | undefined;
  readonly bridge: string;
  /** Undefined: the one it has, else one of Proxmox' own. */
  readonly mac?: string | undefined;
  readonly firewall?: boolean | undefined;
  readonly tag?: number | undefined;
  /** Bytes; 1: that of the bridge. */
  readonly mtu?: number | undefined;
  readonly rate?: number | undefined;
  readonly link_down?: boolean | undefined;
}

export interface CtNicWish extends Omit<NicWish, 'model'> {
  readonly name: string;
  readonly ip?: string | undefined;
  readonly gw?: string | undefined;
}

/** `a=1,b=2` as fields; a value without a name stands under ``. */
export function propertiesOf(text: string): Readonly<Record<string, string>> {
  return Object.fromEntries(
    text
      .split(',')
      .filter(Boolean)
      .map((each) => {
        const at = each.indexOf('=');
        return at === -1 ? ['', each] : [each.slice(0, at), each.slice(at + 1)];
      }),
  );
}

/** The option for a VM's interface: one that is there keeps its MAC, which a new text would otherwise change each time. */
export function vmNic(wish: NicWish, found: string | undefined): string {
  const model = wish.model ?? 'virtio';
  const mac = wish.mac?.toUpperCase() ?? macOf(found);
  return [mac === undefined ? model : `${model}=${mac}`, ...common(wish)].join(',');
}

/** The option for a container's interface. */
export function ctNic(wish: CtNicWish, found: string | undefined): string {
  const mac = wish.mac?.toUpperCase() ?? macOf(found);
  return [
    `name=${wish.name}`,
    ...common(wish),
    ...(mac === undefined ? [] : [`hwaddr=${mac}`]),
    ...(wish.ip === undefined ? [] : [`ip=${wish.ip}`]),
    ...(wish.gw === undefined ? [] : [`gw=${wish.gw}`]),
  ].join(',');
}

function common(wish: Omit<NicWish, 'model'>): readonly string[] {
  const flag = (name: string, value: boolean | undefined): readonly string[] => (value ? [`${name}=1`] : []);
  const number = (name: string, value: number | undefined): readonly string[] =>
    value === undefined ? [] : [`${name}=${value}`];
  return [
    `bridge=${wish.bridge}`,
    ...flag('firewall', wish.firewall),
    ...flag('link_down', wish.link_down),
    ...number('mtu', wish.mtu),
    ...number('rate', wish.rate),
    ...number('tag', wish.tag),
  ];
}

function macOf(found: string | undefined): string | undefined {
  return /\b([0-9A-Fa-f]{2}(?::[0-9A-Fa-f]{2}){5})\b/.exec(found ?? '')?.[1];
}

/** True when two texts hold the same properties, in whatever order; `type` of containers' interfaces is always veth. */
export function sameProperties(a: string, b: string): boolean {
  const plain = (text: string): string =>
    Object.entries(propertiesOf(text))
      .filter(([name, value]) => !(name === 'type' && value === 'veth') && value !== '0')
      .map(([name, value]) => `${name}=${value}`)
      .sort()
      .join();
  return plain(a) === plain(b);
}
