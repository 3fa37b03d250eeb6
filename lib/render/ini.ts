/** Files of `key = value` in sections: of systemd, of sysctl, of /etc/default. Anything else in one, and it is none. */

/** Keys by section; those above the first section under the empty name. Undefined where a line is something else. */
export function parseIni(text: string): Readonly<Record<string, unknown>> | undefined {
  const found: Record<string, Record<string, string | string[]>> = {};
  let name = '';
  for (const raw of text.split('\n')) {
    const line = raw.trim();
    if (line === '' || /^[#;]/.test(line)) continue;
    const section = /^\[([^\]]+)\]$/.exec(line)?.[1];
    if (section !== undefined) {
      // Sections that come again are lists in disguise (peers of WireGuard): order tells them apart, not their name.
      if (Object.hasOwn(found, section)) return undefined;
      name = section;
      found[name] = {};
      continue;
    }
    const [, key, value] = /^([^\s=:#;[\]{}]+)\s*=\s*(.*)$/.exec(line) ?? [];
    if (key === undefined || value === undefined || line.endsWith('\\')) return undefined;
    const fields = Object.hasOwn(found, name) ? found[name] : undefined;
    const open = fields ?? {};
    found[name] = open;
    const known = Object.hasOwn(open, key) ? open[key] : undefined;
    open[key] = known === undefined ? value : [...(Array.isArray(known) ? known : [known]), value];
  }
  const { '': top = {}, ...sections } = found;
  return { ...top, ...sections };
}
