/** What `--format` of a run takes, each with the renderer behind it; all are loaded when they are asked for. */
import type { Emit } from '../model/event.ts';
import type { TextOptions } from '../render/text.ts';

/** The choices of FORMAT_FLAG. */
export type Format = 'text' | 'json' | 'markdown' | 'github' | 'sarif' | 'junit';

export interface FormatOptions {
  /** Results. */
  out(text: string): void;
  /** Progress and diagnostics. */
  err(text: string): void;
  /** Of the text that stands beside the format. */
  readonly text: Omit<TextOptions, 'out' | 'err'>;
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** The renderer of any format but text, which has its own ways. */
export async function openFormat(format: Exclude<Format, 'text'>, options: FormatOptions): Promise<Emit> {
  const { out } = options;
  switch (format) {
    case 'json':
      return (await import('../render/json.ts')).jsonRenderer(out);
    case 'markdown': {
      const { markdownRenderer } = await import('../render/markdown.ts');
      return both(await diagnostics(options), markdownRenderer(out));
    }
    case 'junit': {
      const { junitRenderer } = await import('../render/junit.ts');
      return both(await diagnostics(options), junitRenderer(out));
    }
    case 'sarif': {
      const [{ sarifRenderer }, { version }, { locator }] = await Promise.all([
        import('../render/run-sarif.ts'),
        import('./version.ts'),
        import('./workspace.ts'),
      ]);
      const sarif = sarifRenderer({ write: out, version: version(), locate: locator(options) });
      return both(await diagnostics(options), sarif);
    }
    case 'github':
      return github(options);
  }
}

async function github({ out, err, text, cwd, env }: FormatOptions): Promise<Emit> {
  const [{ githubRenderer, withoutCommands }, { textRenderer }, { locator }, { summaryWriter }] =
    await Promise.all([
      import('../render/github.ts'),
      import('../render/text.ts'),
      import('./workspace.ts'),
      import('./step-summary.ts'),
    ]);
  const summary = summaryWriter(env);
  return githubRenderer({
    write: out,
    text: textRenderer({
      ...text,
      out: (part) => out(withoutCommands(part)),
      err: (part) => err(withoutCommands(part)),
    }),
    locate: locator({ cwd, env }),
    ...(summary ? { summary } : {}),
  });
}

/** What stands on stderr beside the text: that something goes on, and what is odd. */
async function diagnostics({ err, text }: FormatOptions): Promise<Emit> {
  const { textRenderer } = await import('../render/text.ts');
  return textRenderer({ ...text, out: () => undefined, err });
}

function both(first: Emit, second: Emit): Emit {
  return (event) => {
    first(event);
    second(event);
  };
}
