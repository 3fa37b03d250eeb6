/** The task `frr`: FRR's daemons with a configuration, in its files and as it runs. */
import { toBytes } from '../lib/base/bytes.ts';
import { Secret } from '../lib/base/secret.ts';
import { Unknown, unlessUnknown } from '../lib/base/unknown.ts';
import { PlanError } from '../lib/model/resource.ts';
import { defineTask, type TaskContext } from '../lib/model/task.ts';
import { contentValue } from '../lib/resources/file/file-content.ts';
import { STATE } from '../lib/resources/file/file-params.ts';
import { renderLiquid } from '../lib/resources/file/liquid.ts';
import { bgpConfig } from '../lib/resources/frr/frr-bgp.ts';
import { bgpFaults } from '../lib/resources/frr/frr-bgp-fault.ts';
import { BGP_PARAMS, BGP_STEP_PARAMS, type BgpParams } from '../lib/resources/frr/frr-bgp-params.ts';
import { type FrrText, frrConfigFile, joinFrrText, plainText } from '../lib/resources/frr/frr-config.ts';
import { FRR_DAEMONS, frrDaemons, homelessLine } from '../lib/resources/frr/frr-daemon.ts';
import { type FrrState, frrRef } from '../lib/resources/frr/frr-kind.ts';
import { frrRunning } from '../lib/resources/frr/frr-running.ts';
import { packages } from '../lib/resources/package/package.ts';
import { service } from '../lib/resources/unit/service.ts';

const PACKAGES = ['frr', 'frr-pythontools'];

export default defineTask({
  summary: 'Routing by FRR: its daemons, its configuration, and that this is what runs',
  examples: [
    `
- task: frr
  with:
    daemons: [bgpd]
    config: |
      router bgp 65000
       neighbor 192.0.2.1 remote-as 65001
`,
    `
# Sessions between all hosts of a group, over the tunnel of the step before.
- task: wireguard_key
- id: underlay
  task: wireguard
  with: { address: "\${{ host.vars.wg_address }}", endpoint: "\${{ host.address }}", peers: fabric }
- id: overlay
  task: evpn
  with: { networks: [{ name: vnet1, vni: 100000 }] }
- id: routing
  task: frr
  with:
    daemons: [bgpd, bfdd]
    bgp: { asn: 65000, peers: fabric }
`,
  ],
  params: {
    type: 'object',
    additionalProperties: false,
    properties: {
      daemons: {
        type: 'array',
        uniqueItems: true,
        items: { enum: FRR_DAEMONS },
        description:
          'Daemons that run, and no others, beside zebra and staticd, which always do. They are started and stopped without touching the others. Required unless `state` is absent.',
      },
      config: {
        type: 'string',
        format: 'secret',
        description:
          'The whole configuration, as in /etc/frr/frr.conf. vtysh checks it before it is put in place, and it is reloaded, so that sessions which did not change stay up. What runs and is not in it is taken away.',
      },
      src: {
        type: 'string',
        format: 'local-file',
        description: 'A template in Liquid of the whole configuration, a file beside the runbook.',
      },
      bgp: BGP_PARAMS,
      ...BGP_STEP_PARAMS,
      extra: {
        type: 'string',
        format: 'secret',
        description: 'Lines of FRR’s own that are appended to it.',
      },
      packages: {
        type: 'array',
        minItems: 1,
        items: {
          type: 'string',
          pattern: '^[a-z0-9][a-z0-9+.-]+$',
          $comment: 'must be the name of a package',
        },
        default: PACKAGES,
        description: 'Packages that bring FRR and its frr-reload.py.',
      },
      state: {
        ...STATE,
        description: 'With absent: the packages are removed; the files in /etc/frr stay.',
      },
    },
    allOf: [
      {
        $comment: 'say one of `config`, `src` and `bgp`, and `daemons`',
        anyOf: [
          { required: ['state'], properties: { state: { const: 'absent' } } },
          {
            required: ['daemons'],
            oneOf: [{ required: ['config'] }, { required: ['src'] }, { required: ['bgp'] }],
          },
        ],
      },
    ],
  },
  outputs: { version: { type: 'string', description: 'Version of the FRR that runs, like `8.4.4`.' } },
  check({ daemons = [], state, ...source }, ctx) {
    if (state === 'absent') return [];
    const faults = source.bgp ? bgpFaults(source.bgp, ctx, { ...source, daemons }) : [];
    if (faults.length > 0) return faults;
    const fault = homeless(configOf(source, daemons, ctx), daemons);
    return fault ? [{ path: ['daemons'], ...fault }] : [];
  },
  desire({ daemons = [], state, packages: names = PACKAGES, ...source }, ctx) {
    if (state === 'absent') return packages(names, { state: 'absent' });
    const config = configOf(source, daemons, ctx);
    const fault = homeless(config, daemons);
    if (fault) throw new PlanError(fault.message, fault.hint);
    return [
      ...packages(names, { state: 'present' }),
      frrDaemons(daemons),
      frrConfigFile(config),
      service('frr', { enabled: true, running: true }),
      frrRunning({ daemons, secret: config instanceof Secret }),
    ];
  },
  output({ state }, at) {
    if (state === 'absent') return { version: '' };
    const running = at<FrrState>(frrRef().key);
    return { version: running instanceof Unknown ? running : (running?.version ?? '') };
  },
});

interface Source {
  readonly config?: unknown;
  readonly src?: string | undefined;
  readonly bgp?: BgpParams | undefined;
  readonly underlay?: string | undefined;
  readonly overlay?: string | undefined;
  readonly extra?: unknown;
}

function configOf(source: Source, daemons: readonly string[], ctx: TaskContext): FrrText {
  const { config, src, bgp, underlay, overlay, extra } = source;
  const body = bgp
    ? unlessUnknown(() => toBytes(bgpConfig(bgp, ctx, { underlay, overlay, daemons })))
    : src === undefined
      ? textValue(config)
      : rendered(src, ctx);
  return joinFrrText(extra === undefined ? [body] : [body, textValue(extra)]);
}

function textValue(value: unknown): FrrText {
  return contentValue(value) as FrrText;
}

function rendered(src: string, ctx: TaskContext): FrrText {
  const [source] = ctx.local(src);
  if (source?.type !== 'file') throw new PlanError(`${src} is not a file`, 'a template is one file');
  return unlessUnknown(() => renderLiquid({ path: source.path, content: source.content() }, ctx.scope));
}

function homeless(
  config: FrrText,
  daemons: readonly string[],
): { readonly message: string; readonly hint: string } | undefined {
  const text = plainText(config);
  const found = text === undefined ? undefined : homelessLine(text, daemons);
  if (!found) return undefined;
  return {
    message: `line ${found.line} of the configuration, \`${found.text}\`, needs ${found.daemon}, which is not among the daemons`,
    hint: `add ${found.daemon} to \`daemons\`: without it FRR would take the line and forget it`,
  };
}
