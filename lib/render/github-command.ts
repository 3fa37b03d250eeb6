/** Workflow commands of GitHub Actions: `::error file=…,line=…::message`. */

export type GithubLevel = 'error' | 'warning' | 'notice';

export interface GithubPlace {
  readonly file?: string;
  readonly line?: number;
  readonly col?: number;
  readonly title?: string;
}

/** One line; what would end a property or the command is written as percent codes, as its runner reads them. */
export function githubCommand(level: GithubLevel, place: GithubPlace, message: string): string {
  const properties = Object.entries(place).map(([name, value]) => `${name}=${property(String(value))}`);
  const gap = properties.length > 0 ? ' ' : '';
  return `::${level}${gap}${properties.join(',')}::${data(message)}`;
}

function data(text: string): string {
  return text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
}

function property(text: string): string {
  return data(text).replaceAll(':', '%3A').replaceAll(',', '%2C');
}
