/** Tasks that look at other steps: a link with peers and a key, and what lies on top of it. */
import { Unknown } from '../../lib/base/unknown.ts';
import { type AnyTask, defineTask, type ParamFault } from '../../lib/model/task.ts';
import { builtinTasks } from './world.ts';

export interface Asked {
  /** `step on host` for each time the check of a link was asked. */
  readonly checks: string[];
}

export function linkTasks(asked: Asked = { checks: [] }): ReadonlyMap<string, () => Promise<AnyTask>> {
  const link = defineTask({
    summary: 'A link to peers',
    params: {
      type: 'object',
      additionalProperties: false,
      required: ['address', 'key'],
      properties: {
        address: { type: 'string' },
        peers: { type: 'string', format: 'host-group' },
        key: { type: 'string', format: 'step:keygen' },
        mtu: { type: 'integer', default: 1420 },
        names: { type: 'array', items: { type: 'string' } },
      },
    },
    reads: [{ step: 'key', hosts: 'peers' }, { step: 'key' }],
    check({ address, peers, mtu, names }, ctx) {
      asked.checks.push(`${ctx.stepId} on ${ctx.host.name}`);
      if (address === 'boom') throw new TypeError('no such thing');
      const faults: ParamFault[] = [];
      if (address === 'facts' && ctx.host.facts.os.id === 'plan9') return faults;
      if ((mtu as unknown) instanceof Unknown === false && Number(mtu) > 1500)
        faults.push({ path: ['mtu'], message: `${mtu} is too much`, hint: 'take 1420' });
      for (const [index, name] of (names ?? []).entries())
        if (name === 'bad') faults.push({ path: ['names', index], message: 'a bad name' });
      const others = peers === undefined ? [] : ctx.hosts(peers).map(({ name }) => name);
      for (const other of others.slice(0, others.indexOf(ctx.host.name))) {
        const theirs = ctx.params(ctx.stepId, other)?.address;
        if (typeof address === 'string' && theirs === address)
          faults.push({ path: ['address'], message: `${address} is the address of ${other}, too` });
      }
      return faults;
    },
    desire: () => [],
  });
  const overlay = defineTask({
    summary: 'What lies on a link',
    params: {
      type: 'object',
      additionalProperties: false,
      required: ['link'],
      properties: { link: { type: 'string', format: 'step:link' }, mtu: { type: 'integer' } },
    },
    check({ link, mtu }, ctx) {
      const under = ctx.params(link)?.mtu;
      return typeof mtu === 'number' && typeof under === 'number' && mtu > under - 50
        ? [{ path: ['mtu'], message: `${mtu} does not fit into ${under}` }]
        : [];
    },
    desire: () => [],
  });
  const tasks: readonly (readonly [string, AnyTask])[] = [
    ['link', link],
    ['overlay', overlay],
  ];
  return new Map([...builtinTasks, ...tasks.map(([name, task]) => [name, async () => task] as const)]);
}
