/** Templates in Liquid: the one place that knows liquidjs, which is loaded when the first template is rendered. */
import { createRequire } from 'node:module';
import type { Liquid, LiquidError, Template } from 'liquidjs';
import { type Bytes, bytesToText, toBytes } from '../../base/bytes.ts';
import { RunError } from '../../base/error.ts';
import { formatPlace, type Problem } from '../../base/problem.ts';
import { Secret } from '../../base/secret.ts';
import { Unknown, UnknownUsed } from '../../base/unknown.ts';

/** A template with where it comes from, for messages. */
export interface LiquidSource {
  readonly path: string;
  readonly content: Bytes;
}

/**
 * The template's text with these values in it. A value that is not known yet and that the template looks at
 * throws UnknownUsed; a secret that it looks at makes the whole result a secret. Names that are not there, and
 * templates that cannot be parsed, throw RunError `invalid` with the place. Other files are never included.
 */
export function renderLiquid(source: LiquidSource, scope: Readonly<Record<string, unknown>>): Bytes | Secret {
  const text = bytesToText(source.content);
  if (text === undefined) {
    throw new RunError('invalid', `${source.path} is not text in UTF-8`, {
      hint: 'a file that is copied as it is takes the task `copy`',
    });
  }
  const touched: Secret[] = [];
  try {
    const out: string = engine().parseAndRenderSync(text, view(scope, touched) as object);
    return touched[0] ? touched[0].derive(out) : toBytes(out);
  } catch (error) {
    throw unwrap(error, source.path, text);
  }
}

export const NAMES_HINT =
  'names in a template are those of expressions: host, vars, facts, steps, hosts, groups';

/** A name that a template looks at, whatever its values: `vars.port`, up to the first part that is worked out. */
export interface LiquidName {
  readonly segments: readonly string[];
  readonly line: number;
  readonly col: number;
}

/**
 * Names that rendering is certain to ask for: those in branches and loops are left out, and those that the template
 * makes itself. None for what cannot be parsed: rendering says why.
 */
export function certainNames(text: string): readonly LiquidName[] {
  const liquid = engine();
  let templates: Template[];
  try {
    templates = liquid.parse(text);
  } catch {
    return [];
  }
  const made = liquid.analyzeSync(templates, { partials: false }).locals;
  const { globals } = liquid.analyzeSync(templates.map(certain), { partials: false });
  const names = Object.entries(globals).filter(([root]) => !Object.hasOwn(made, root));
  return names.flatMap(([, uses]) =>
    uses.map(({ segments, location }) => {
      const open = segments.findIndex((segment) => typeof segment === 'object');
      const known = open === -1 ? segments : segments.slice(0, open);
      return { segments: known.map(String), line: location.row, col: location.col };
    }),
  );
}

/** Tags of which only the first thing that they look at is looked at in any case. */
const CHOICES: ReadonlySet<unknown> = new Set(['if', 'unless', 'case']);
/** Tags whose inner part may be done never, or is elsewhere. */
const PERHAPS: ReadonlySet<unknown> = new Set([
  'for',
  'tablerow',
  'render',
  'include',
  'layout',
  'block',
  'cycle',
]);

/** The same for the analysis, without what may not be reached. */
function certain(template: Template): Template {
  const name: unknown = Reflect.get(template, 'name');
  const chosen = CHOICES.has(name);
  const { children, localScope } = template;
  const looks = template.arguments?.bind(template);
  const seen: Partial<Template> = {
    ...(looks && name !== 'cycle' ? { arguments: () => (chosen ? [...looks()].slice(0, 1) : looks()) } : {}),
    ...(localScope ? { localScope: localScope.bind(template) } : {}),
    ...(children && !chosen && !PERHAPS.has(name)
      ? {
          *children(partials: boolean, sync: boolean) {
            const inner = (yield* children.call(template, partials, sync)) as Template[];
            return inner.map(certain);
          },
        }
      : {}),
  };
  return { token: template.token, render: template.render, ...seen } as Template;
}

function engine(): Liquid {
  const vendor: typeof import('liquidjs') = createRequire(import.meta.url)('liquidjs');
  return new vendor.Liquid({
    strictVariables: true,
    strictFilters: true,
    ownPropertyOnly: true,
    templates: {},
  });
}

/**
 * The same values behind getters: what is unknown throws when it is looked at, and only then; a secret is noted
 * and gives its value.
 */
function view(value: unknown, touched: Secret[]): unknown {
  if (value instanceof Unknown) throw new UnknownUsed(value);
  if (value instanceof Secret) {
    touched.push(value);
    return value.reveal();
  }
  if (value === null || typeof value !== 'object') return value;
  const shown: object = Array.isArray(value) ? [] : {};
  for (const name of Object.keys(value)) {
    const get = (): unknown => view((value as Readonly<Record<string, unknown>>)[name], touched);
    Object.defineProperty(shown, name, { get, enumerable: true, configurable: true });
  }
  return shown;
}

function unwrap(error: unknown, path: string, text: string): unknown {
  let inner: unknown = error;
  for (let depth = 0; depth < 8 && inner instanceof Error; depth += 1) {
    if (inner instanceof UnknownUsed || inner instanceof RunError) return inner;
    const { originalError } = inner as { readonly originalError?: unknown };
    if (originalError === undefined) break;
    inner = originalError;
  }
  if (!(error instanceof Error)) return error;
  const problem = problemOf(error as LiquidError, path, text);
  const { place, message, hint } = problem;
  return new RunError('invalid', `${place ? formatPlace(place) : path}: ${message}`, {
    problems: [problem],
    ...(hint === undefined ? {} : { hint }),
    cause: error,
  });
}

function problemOf(error: LiquidError, path: string, text: string): Problem {
  const [line = 1, col = 1] = error.token?.getPosition?.() ?? [];
  const message = error.message.replace(/, file:.*$/s, '').replace(/, line:\d+.*$/s, '');
  const excerpt = text.split('\n')[line - 1];
  return {
    code: 'template',
    message,
    place: { file: path, line, col },
    hint: message.startsWith('undefined variable')
      ? NAMES_HINT
      : 'see the manual of Liquid for tags and filters',
    ...(excerpt === undefined ? {} : { excerpt }),
  };
}
