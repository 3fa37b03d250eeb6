/** The forms in which the value of a secret may come along in what commands print: as it is, and encoded. */
import { bytesToText, sha256, toBytes } from './bytes.ts';
import type { Secret } from './secret.ts';

/** Values shorter than this would mask half of every text; they cannot be kept secret by searching. */
const SHORTEST = 4;
/** Output is shown by its last lines, so a long line of a secret (a key's) counts as one itself. */
const SHORTEST_LINE = 12;
/** Characters of base64 below which too much would look like a secret. */
const SHORTEST_CODED = 6;
/** Widths at which base64, openssl and xxd break what they print. */
const WIDTHS = [76, 64] as const;
const HEX_WIDTH = 60;

/** Everything that is searched for, for one secret. */
export function secretForms(secret: Secret): readonly string[] {
  const said = [secret.reveal(), ...secret.relatives()];
  const values = [...said, ...said.flatMap(decoded)].filter(({ length }) => length >= SHORTEST);
  return [...new Set(values.flatMap((value) => [...wholeForms(value), ...lines(value).flatMap(valueForms)]))];
}

/** What a secret in base64 stands for, where that is text: a file is written with it. */
function decoded(value: string): readonly string[] {
  const plain = value.replace(/\s/g, '');
  if (plain.length < 8 || !/^[A-Za-z0-9+/]+={0,2}$/.test(plain)) return [];
  const text = bytesToText(toBytes(Buffer.from(plain, 'base64')));
  return text === undefined || /[^\P{Cc}\n\r\t]/u.test(text) ? [] : [text];
}

function wholeForms(value: string): readonly string[] {
  const trimmed = value.trimEnd();
  const sums = [value, trimmed, `${trimmed}\n`, `${value}\n`].map((each) => sha256(toBytes(each)));
  return [
    ...valueForms(value),
    ...(trimmed === value || trimmed.length < SHORTEST ? [] : valueForms(trimmed)),
    ...sums.flatMap((sum) => [sum, sum.slice(0, 16), sum.slice(0, 12)]),
  ];
}

function valueForms(value: string): readonly string[] {
  const bytes = Buffer.from(value, 'utf8');
  return [value, ...escapedForms(value), ...base64Forms(bytes), ...hexForms(bytes), toBytes(value)];
}

/** As JSON, a shell, a URL, XML and a form write it; most secrets look the same in all of them. */
function escapedForms(value: string): readonly string[] {
  const json = JSON.stringify(value).slice(1, -1);
  const url = percent(value, /[A-Za-z0-9_.~-]/);
  const loose = percent(value, /[A-Za-z0-9_.~!*'()-]/);
  const path = percent(value, /[A-Za-z0-9_.~/-]/);
  const uri = percent(value, /[A-Za-z0-9_.~;,/?:@&=+$#!*'()-]/);
  const xml = value.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
  return [
    json,
    json.replaceAll('/', '\\/'),
    ascii(json),
    ascii(json).replaceAll('/', '\\/'),
    JSON.stringify(json).slice(1, -1),
    ...[url, loose, path, uri].flatMap((each) => [each, lowerPercent(each), each.replaceAll('%20', '+')]),
    percent(value, /(?!)/),
    lowerPercent(percent(value, /(?!)/)),
    value.replaceAll("'", "'\\''"),
    value.replaceAll("'", `'"'"'`),
    xml,
    xml.replaceAll('"', '&quot;').replaceAll("'", '&#39;'),
    xml.replaceAll('"', '&quot;').replaceAll("'", '&apos;'),
  ].filter((form) => form !== value);
}

function percent(value: string, kept: RegExp): string {
  return [...Buffer.from(value, 'utf8')]
    .map((byte) => {
      const letter = String.fromCharCode(byte);
      return byte < 0x80 && kept.test(letter) ? letter : `%${hex(byte, 2).toUpperCase()}`;
    })
    .join('');
}

function lowerPercent(text: string): string {
  return text.replace(/%[0-9A-F]{2}/g, (code) => code.toLowerCase());
}

/** Everything beyond ASCII as JSON's \u. */
function ascii(json: string): string {
  return json.replace(/[\u0080-\uffff]/g, (letter) => `\\u${hex(letter.charCodeAt(0), 4)}`);
}

function hex(code: number, width: number): string {
  return code.toString(16).padStart(width, '0');
}

/** With 0, 1 or 2 bytes before it: only what the secret alone decides. By itself also to its end, and line by line. */
function base64Forms(bytes: Buffer): readonly string[] {
  const whole = bytes.toString('base64');
  const inner = [0, 1, 2].map((before) => {
    const coded = Buffer.concat([Buffer.alloc(before), bytes]).toString('base64');
    const first = [0, 2, 3][before] ?? 0;
    return coded.slice(first, Math.floor(((before + bytes.length) * 8) / 6));
  });
  const broken = WIDTHS.flatMap((width) => pieces(whole, width));
  const all = [whole, whole.replace(/=+$/, ''), ...inner, ...broken];
  const standard = all.filter(({ length }) => length >= SHORTEST_CODED);
  return [...standard, ...standard.map((form) => form.replaceAll('+', '-').replaceAll('/', '_'))];
}

function hexForms(bytes: Buffer): readonly string[] {
  const whole = bytes.toString('hex');
  return [whole, ...pieces(whole, HEX_WIDTH)].flatMap((form) => [form, form.toUpperCase()]);
}

/** The lines that it is broken into, where there are several. */
function pieces(text: string, width: number): readonly string[] {
  if (text.length <= width) return [];
  const count = Math.ceil(text.length / width);
  return Array.from({ length: count }, (_, index) => text.slice(index * width, (index + 1) * width)).filter(
    ({ length }) => length >= SHORTEST_LINE,
  );
}

function lines(value: string): readonly string[] {
  const all = value.split('\n').map((line) => line.trim());
  return all.length > 1 ? all.filter((line) => line.length >= SHORTEST_LINE) : [];
}
