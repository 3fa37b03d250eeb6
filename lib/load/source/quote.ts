/** Expressions that YAML misreads for want of quotes: found, and the line shown with the quotes in. */

/** Column (from 0) of the first `${{` of a line that stands outside quotes; undefined when there is none. */
export function unquotedExpression(line: string): number | undefined {
  let quote = '';
  for (let at = 0; at < line.length; at += 1) {
    const letter = line[at] ?? '';
    if (quote !== '') {
      if (quote === '"' && letter === '\\') at += 1;
      else if (letter === quote) quote = '';
    } else if (line.startsWith('${{', at)) return at;
    else if ((letter === '"' || letter === "'") && /(^|[\s[{,:])$/.test(line.slice(0, at))) quote = letter;
  }
  return undefined;
}

/** The line with its first loose expression in quotes. */
export function quotedLine(line: string): string {
  const start = unquotedExpression(line);
  if (start === undefined) return line;
  const end = line.indexOf('}}', start);
  // The whole scalar belongs into the quotes: text that leans on the expression on either side as well.
  const stop =
    end === -1 ? line.length : end + 2 + (/^[^\s,}\]]*/.exec(line.slice(end + 2))?.[0].length ?? 0);
  const lead = /[^\s[{,]*$/.exec(line.slice(0, start))?.[0].length ?? 0;
  const from = start - lead;
  const text = line.slice(from, stop);
  const quoted = text.includes('"')
    ? `'${text.replaceAll("'", "''")}'`
    : `"${text.replaceAll('\\', '\\\\')}"`;
  return line.slice(0, from) + quoted + line.slice(stop);
}
