/** Every format of a run, byte for byte: `UPDATE=1` writes what is expected anew, to be looked at before it is kept. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type FormatOptions, openFormat } from '../../lib/cli/format.ts';
import { version } from '../../lib/cli/version.ts';
import type { RunEvent } from '../../lib/model/event.ts';
import { createPaint } from '../../lib/render/paint.ts';
import { textRenderer } from '../../lib/render/text.ts';
import { checkEvent } from '../fixture/event-schema.ts';
import { ROOT } from '../fixture/page.ts';
import { refusedRun, richRun } from '../fixture/rich-run.ts';
import { assert, suite } from '../suite.ts';

const test = suite('formats');
const FOLDER = join(ROOT, 'test/render/golden');
const FORMATS = {
  text: 'txt',
  json: 'jsonl',
  markdown: 'md',
  github: 'log',
  sarif: 'sarif',
  junit: 'xml',
} as const;
const RUNS = { rich: richRun, refused: refusedRun } as const;
const TEXT = { paint: createPaint(false), diff: true, verbose: false, quiet: false };

async function rendered(format: keyof typeof FORMATS, events: readonly RunEvent[]): Promise<string> {
  let text = '';
  const out = (part: string): void => {
    text += part;
  };
  const options: FormatOptions = { out, err: () => undefined, text: TEXT, cwd: ROOT, env: {} };
  const emit =
    format === 'text'
      ? textRenderer({ ...TEXT, out, err: () => undefined })
      : await openFormat(format, options);
  for (const event of events) emit(event);
  return text.replaceAll(`"version": "${version()}"`, '"version": "VERSION"');
}

for (const [run, events] of Object.entries(RUNS)) {
  for (const [format, ending] of Object.entries(FORMATS)) {
    if (run === 'refused' && format === 'text') continue;
    test(`${format} of a ${run} run`, async () => {
      for (const event of events()) checkEvent(event);
      const found = await rendered(format as keyof typeof FORMATS, events());
      const path = join(FOLDER, `${run}.${ending}`);
      if (process.env.UPDATE === '1') writeFileSync(path, found);
      assert.ok(existsSync(path), `${path} is not there: UPDATE=1 writes it`);
      assert.fixture(found, readFileSync(path, 'utf8'));
    });
  }
}
