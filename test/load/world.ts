/** What the loader's tests load: fixture projects with a few tasks made up for the purpose. */
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { LoadInput } from '../../lib/load/source/input.ts';
import { type AnyTask, defineTask } from '../../lib/model/task.ts';

const here = dirname(fileURLToPath(import.meta.url));
export const fixtures = join(here, 'fixture');
export const engineUrl = pathToFileURL(join(here, '..', '..', 'lib', 'index.ts')).href;

const note = defineTask({
  summary: 'Notes a text',
  params: {
    type: 'object',
    additionalProperties: false,
    required: ['text'],
    properties: {
      text: { type: 'string', minLength: 1 },
      count: { type: 'integer', minimum: 0, default: 1 },
      loud: { type: 'boolean', default: false },
      level: { enum: ['low', 'high'], default: 'low' },
      mode: { type: 'string', format: 'mode' },
      psk: { type: 'string', format: 'secret' },
      group: { type: 'string', format: 'host-group' },
      source: { type: 'string', format: 'local-file' },
      lines: { type: 'array', items: { type: 'string' } },
    },
  },
  desire: () => [],
});

const keygen = defineTask({
  summary: 'Makes a key',
  params: {
    type: 'object',
    additionalProperties: false,
    required: ['path'],
    properties: { path: { type: 'string', format: 'abs-path' } },
  },
  outputs: { public_key: { type: 'string' } },
  desire: () => [],
});

export const builtinTasks: LoadInput['builtinTasks'] = new Map<string, () => Promise<AnyTask>>([
  ['note', async () => note],
  ['keygen', async () => keygen],
]);

export function inputFor(cwd: string, rest: Partial<LoadInput> = {}): LoadInput {
  return {
    cwd,
    runbook: 'provision',
    inventory: 'inventory/prod',
    limit: [],
    tags: [],
    skipTags: [],
    extraVars: [],
    builtinTasks,
    engineUrl,
    env: { WG_PSK: 'hush' },
    home: '/home/somebody',
    ...rest,
  };
}
