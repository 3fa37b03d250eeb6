/** Questions to a Proxmox host, side by side in one snippet, and their answers taken apart again. */
import { type Bytes, bytesToBuffer, type Printed } from '../../base/bytes.ts';
import { join, type Sh, sh } from '../../base/sh.ts';

/** One call of `pvesh get`, one file of /etc/pve with its SHA-1, or the names in a folder. */
export type Question =
  | { readonly ask: 'get'; readonly path: string; readonly options: readonly string[] }
  | { readonly ask: 'file'; readonly path: string }
  | { readonly ask: 'names'; readonly path: string };

export interface Answer {
  /** Exit status; of a file 0 also where there is none. */
  readonly rc: number;
  /** The lines printed, stderr among them. */
  readonly lines: readonly string[];
}

const NONE = '@nopvesh';
/** Bytes of a line of the answer: what is written by one write to a pipe stays together. */
const PIECE = 2000;
/** Seconds for one call, of which a dozen may be on their way at once. */
export const PATIENCE = 90;

/**
 * pvesh takes about a second of CPU to begin, so all are started at once. Their lines come mixed: each is marked with
 * its question, in pieces that are short enough not to be torn.
 */
export function askScript(questions: readonly Question[]): Sh {
  const calls = questions.map((question, index) => {
    const tag = `q${index}`;
    if (question.ask === 'file')
      return sh`{ printf '@sum %s\\n' "$(sha1sum 2>/dev/null <${question.path})"; cat ${question.path} 2>/dev/null; printf '\\n@rc 0\\n'; } 2>/dev/null | tb_mark ${tag} &`;
    if (question.ask === 'names')
      return sh`{ ls -1 ${question.path}; printf '\\n@rc 0\\n'; } 2>/dev/null | tb_mark ${tag} &`;
    return sh`{ tb_path=$(printf '%s' ${question.path} | sed "s/@node/$tb_node/"); timeout ${PATIENCE} pvesh get "$tb_path" ${question.options} --output-format json 2>&1 </dev/null; printf '\\n@rc %s\\n' "$?"; } | tb_mark ${tag} &`;
  });
  return join([
    sh`command -v pvesh >/dev/null 2>&1 || { echo ${NONE}; exit 0; }`,
    sh`tb_node=$(uname -n); tb_node=\${tb_node%%.*}`,
    sh`printf '@node %s\\n' "$tb_node"`,
    sh`tb_mark() { awk -v tag="$1" '{ line = $0 "\r"; while (length(line) > ${PIECE}) { print tag " " substr(line, 1, ${PIECE}); fflush(); line = substr(line, ${PIECE} + 1) } print tag " " line; fflush() }'; }`,
    ...calls,
    sh`wait`,
  ]);
}

export interface Answers {
  readonly node: string;
  of(question: Question): Answer | undefined;
}

/** A text where the host is none of Proxmox. */
export function readAnswers(out: Printed, questions: readonly Question[]): Answers | string {
  // Pieces end anywhere, also within a letter: they are bytes until they are put together.
  const text = out.toString('latin1');
  if (text.split('\n').includes(NONE)) return 'this host has no pvesh: it is no Proxmox node';
  const parts = new Map<string, string>();
  let node = '';
  for (const line of text.split('\n')) {
    const [, name] = /^@node (\S*)$/.exec(line) ?? [];
    if (name !== undefined) node = name;
    const [, tag, piece = ''] = /^(q\d+) ([\s\S]*)$/.exec(line) ?? [];
    if (tag !== undefined) parts.set(tag, (parts.get(tag) ?? '') + piece);
  }
  const names = new Map(questions.map((question, index) => [nameOf(question), `q${index}`]));
  return {
    node,
    of: (question) => {
      const whole = parts.get(names.get(nameOf(question)) ?? '');
      const decoded = whole === undefined ? '' : new TextDecoder().decode(bytesToBuffer(whole as Bytes));
      const lines = decoded.split('\r').filter((line) => line !== '');
      const end = lines.findLastIndex((line) => line.startsWith('@rc '));
      const rc = Number(/^@rc (\d+)$/.exec(lines[end] ?? '')?.[1] ?? Number.NaN);
      return end === -1 || Number.isNaN(rc) ? undefined : { rc, lines: lines.slice(0, end) };
    },
  };
}

export function nameOf(question: Question): string {
  return question.ask === 'get' ? [question.path, ...question.options].join(' ') : question.path;
}

/** The last line that is JSON; undefined where none is. */
export function jsonOf({ lines }: Answer): unknown {
  for (const line of [...lines].reverse()) {
    if (!/^\s*[[{"]/.test(line)) continue;
    try {
      return JSON.parse(line);
    } catch {
      // A warning of perl may begin like that.
    }
  }
  return undefined;
}

/**
 * A file's content and SHA-1, empty where there is none. The sum is of before: what changes in between is then refused
 * by it, and not taken for what was read.
 */
export function fileOf({ lines }: Answer): { readonly text: string; readonly sha1: string } {
  return {
    text: lines.slice(1).join('\n'),
    sha1: /^@sum ([0-9a-f]{40})/.exec(lines[0] ?? '')?.[1] ?? '',
  };
}
