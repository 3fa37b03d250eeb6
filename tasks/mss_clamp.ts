/** The task `mss_clamp`: TCP over narrow links. */
import { defineTask } from '../lib/model/task.ts';
import { STATE } from '../lib/resources/file/file-params.ts';
import { INTERFACE_PATTERN } from '../lib/resources/link/interface-name.ts';
import { mssChains } from '../lib/resources/nft/mss-clamp.ts';
import { nftChains, nftTable, noNftTable } from '../lib/resources/nft/nft-table.ts';

const TABLE = { family: 'inet', name: 'tightbeam_mss' } as const;

export default defineTask({
  summary: 'The segment size of TCP connections over an interface, so that none hangs on a narrow link',
  examples: [
    `
- task: mss_clamp
  with: { interfaces: { wg0: path-mtu, eth1: 1360 } }
`,
  ],
  params: {
    type: 'object',
    additionalProperties: false,
    required: ['interfaces'],
    properties: {
      interfaces: {
        type: 'object',
        minProperties: 1,
        propertyNames: {
          pattern: INTERFACE_PATTERN,
          $comment: 'must be the name of an interface: at most 15 characters',
        },
        additionalProperties: {
          anyOf: [{ const: 'path-mtu' }, { type: 'integer', minimum: 536, maximum: 65_495 }],
        },
        description:
          'Interfaces, each with `path-mtu` (what the route leaves room for) or the segment size itself in bytes: `wg0: path-mtu`. Connections through it are told so in both directions, and never a larger size than they ask for. All interfaces of a host stand in one step.',
      },
      state: { ...STATE, description: 'With absent: nothing is clamped any more, on no interface.' },
    },
  },
  desire({ interfaces, state }) {
    if (state === 'absent') return noNftTable(TABLE);
    return nftTable({ ...TABLE, rules: nftChains(mssChains(interfaces)) });
  },
});
