/** Which Debian mirror this machine's own apt uses, so that the lab uses no other. */

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { RunError } from '../base/error.ts';
import { exec } from './exec.ts';

export const RELEASE = 'bookworm';

/** One archive of packages, as apt has it. */
export interface Source {
  readonly uri: string;
  readonly suite: string;
  readonly components: readonly string[];
  readonly signedBy?: string;
  readonly trusted: boolean;
}

const KEYRING = '/usr/share/keyrings/debian-archive-keyring.gpg';

/** All binary sources of an apt folder (`/etc/apt`): sources.list, *.list and deb822 *.sources. */
export function readSources(folder: string): readonly Source[] {
  const files = [join(folder, 'sources.list')];
  try {
    for (const name of readdirSync(join(folder, 'sources.list.d')).sort()) {
      if (/\.(list|sources)$/.test(name)) files.push(join(folder, 'sources.list.d', name));
    }
  } catch {
    // A machine without the folder has the one file.
  }
  return files.flatMap((file) => {
    let text: string;
    try {
      text = readFileSync(file, 'utf8');
    } catch {
      return [];
    }
    return file.endsWith('.sources') ? parseDeb822(text) : parseOneLine(text);
  });
}

/** `deb [options] uri suite component…` lines. */
export function parseOneLine(text: string): readonly Source[] {
  return text.split('\n').flatMap((line) => {
    const match = /^\s*deb\s+(?:\[([^\]]*)\]\s*)?(\S+)\s+(\S+)\s*([^#]*)/.exec(line);
    if (!match) return [];
    const [, options = '', uri = '', suite = '', components = ''] = match;
    const option = new Map(options.split(/\s+/).map((pair) => [pair.split('=')[0], pair.split('=')[1]]));
    return [source(uri, suite, words(components), option.get('signed-by'), option.get('trusted'))];
  });
}

/** Paragraphs of `Types:`, `URIs:`, `Suites:`, `Components:` with continuation lines. */
export function parseDeb822(text: string): readonly Source[] {
  return text.split(/\n\s*\n/).flatMap((paragraph) => {
    const fields = new Map<string, string>();
    let last = '';
    for (const line of paragraph.split('\n')) {
      if (line.startsWith('#')) continue;
      const field = /^([A-Za-z-]+):(.*)$/.exec(line);
      if (field) last = (field[1] ?? '').toLowerCase();
      fields.set(last, `${fields.get(last) ?? ''} ${field ? field[2] : line}`);
    }
    const get = (name: string): readonly string[] => words(fields.get(name) ?? '');
    if (!get('types').includes('deb') || get('enabled')[0] === 'no') return [];
    return get('uris').flatMap((uri) =>
      get('suites').map((suite) =>
        source(uri, suite, get('components'), get('signed-by')[0], get('trusted')[0]),
      ),
    );
  });
}

function words(text: string): readonly string[] {
  return text.split(/\s+/).filter((word) => word !== '');
}

function source(
  uri: string,
  suite: string,
  components: readonly string[],
  signedBy: string | undefined,
  trusted: string | undefined,
): Source {
  const key = signedBy?.startsWith('/') ? { signedBy } : {};
  return { uri: uri.replace(/\/$/, ''), suite, components, ...key, trusted: trusted === 'yes' };
}

/**
 * Debian's own archives of the lab's release among the machine's, the main one first. A machine of another
 * release lends its mirror, and one with no Debian archive at all gets Debian's.
 */
export function labSources(all: readonly Source[]): readonly Source[] {
  const debian = all.filter(
    (one) =>
      one.components.includes('main') &&
      /debian/i.test(one.uri) &&
      (one.signedBy === undefined || one.signedBy.includes('debian-archive')),
  );
  const fits = debian.filter((one) => new RegExp(`^${RELEASE}(-updates|-security)?$`).test(one.suite));
  const main = fits.find((one) => one.suite === RELEASE);
  if (main) return [main, ...fits.filter((one) => one !== main)];
  const lent = debian.find((one) => /^[a-z]+$/.test(one.suite) && !one.uri.includes('security'));
  if (!lent) {
    throw new RunError(
      'invalid',
      `apt of this machine knows no mirror of Debian, from which ${RELEASE} could be built`,
      {
        hint: 'add one to /etc/apt/sources.list, then: run lab up',
      },
    );
  }
  return [{ uri: lent.uri, suite: RELEASE, components: ['main'], trusted: false }];
}

/** The text of the hosts' sources.list. */
export function sourcesList(sources: readonly Source[]): string {
  const lines = sources.map((one) => {
    const option = one.trusted ? 'trusted=yes' : `signed-by=${KEYRING}`;
    return `deb [${option}] ${one.uri} ${one.suite} main`;
  });
  return `${lines.join('\n')}\n`;
}

const CARRIED =
  /^Acquire::((http|https)(::[^ ]*)?|Check-Valid-Until|Check-Date|Retries|ForceIPv[46]|Languages(::)?|GzipIndexes) "[^"]+";$/;

/** Settings of the machine's apt that decide whether it reaches and accepts the mirror: proxies, dates, retries. */
export async function aptSettings(): Promise<string> {
  const dump = await exec('apt-config', ['dump']);
  const lines = dump.out.split('\n').filter((line) => CARRIED.test(line));
  for (const [name, scheme] of [
    ['http_proxy', 'http'],
    ['https_proxy', 'https'],
  ]) {
    const proxy = (await exec('printenv', [name ?? ''])).out.trim();
    if (proxy !== '' && !lines.some((line) => line.startsWith(`Acquire::${scheme}::Proxy `))) {
      lines.push(`Acquire::${scheme}::Proxy "${proxy}";`);
    }
  }
  return lines.map((line) => `${line}\n`).join('');
}
