/** XML 1.0: elements, and text in which nothing is a tag or a character that XML does not have. */

/** With `children` as text: its content, escaped; as a list: elements, already written. */
export function element(
  name: string,
  named: Readonly<Record<string, string | number>>,
  children: string | readonly string[],
  depth: number,
): string {
  const indent = '  '.repeat(depth);
  const open = `${indent}<${name}${attributes(named)}`;
  if (children.length === 0) return `${open}/>\n`;
  if (typeof children === 'string') return `${open}>${escaped(children)}</${name}>\n`;
  return `${open}>\n${children.join('')}${indent}</${name}>\n`;
}

/** Line feeds and tabs are written as codes: a parser would make blanks of them. */
export function attributes(named: Readonly<Record<string, string | number>>): string {
  return Object.entries(named)
    .map(([name, value]) => {
      const text = escaped(String(value))
        .replaceAll('"', '&quot;')
        .replaceAll('\n', '&#10;')
        .replaceAll('\t', '&#9;');
      return ` ${name}="${text}"`;
    })
    .join('');
}

/** What XML 1.0 has no way to write, not even as a code: pictures of control characters stand for it. */
const NO_CHARACTER = /[^\t\n\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu;

function escaped(text: string): string {
  return text
    .replace(NO_CHARACTER, (character) => {
      const point = character.codePointAt(0) ?? 0;
      return point < 0x20 ? String.fromCharCode(0x2400 + point) : '\ufffd';
    })
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;');
}
