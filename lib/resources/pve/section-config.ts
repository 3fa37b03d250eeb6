/** The files below /etc/pve: sections that begin with `type: id`, and a property on each indented line. */

export interface Section {
  readonly type: string;
  readonly id: string;
  /** A property that stands there several times has several values. */
  readonly properties: Readonly<Record<string, readonly string[]>>;
}

/** Comments and lines that are neither are passed over, as Proxmox does. */
export function parseSections(text: string): readonly Section[] {
  const sections: { type: string; id: string; properties: Record<string, string[]> }[] = [];
  for (const line of text.split('\n')) {
    const head = /^([a-z][a-z0-9_-]*):\s*(\S+)\s*$/i.exec(line);
    if (head) sections.push({ type: head[1] ?? '', id: head[2] ?? '', properties: {} });
    const [, name, value] = /^\s+(\S+)(?:\s+(.*?))?\s*$/.exec(line) ?? [];
    const section = sections.at(-1);
    if (head || name === undefined || !section) continue;
    const values = Object.hasOwn(section.properties, name) ? section.properties[name] : undefined;
    section.properties[name] = [...(values ?? []), value ?? ''];
  }
  return sections;
}
