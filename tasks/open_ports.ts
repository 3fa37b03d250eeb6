/** The task `open_ports`: what a host lets in, and through. */

import { parseCidr } from '../lib/base/ip-address.ts';
import { defineTask, type ParamFault } from '../lib/model/task.ts';
import { STATE } from '../lib/resources/file/file-params.ts';
import { type NftChain, nftChains, nftTable, noNftTable } from '../lib/resources/nft/nft-table.ts';
import { openingRules, safeRules } from '../lib/resources/nft/open-port.ts';
import { openPortCheck } from '../lib/resources/nft/open-port-check.ts';
import { FORWARD, openingFaults, openingOf, PORTS, SSH_FROM } from '../lib/resources/nft/open-port-params.ts';

export default defineTask({
  summary: 'Ports that a host lets in, and what it lets through, in a table of nftables of its own',
  examples: [
    `
- task: open_ports
  with:
    policy: drop
    ports:
      - 443/tcp
      - { port: 5432, from: 10.0.0.0/8, comment: database }
`,
  ],
  params: {
    type: 'object',
    additionalProperties: false,
    properties: {
      ports: {
        ...PORTS,
        default: [],
        description:
          'What is let in: `"51820/udp"`, or `port` (a number, a range `"8000:8010"`, or a list), `protocol` (default tcp), `from` (networks), `interface` and `comment`. Protocols without ports (esp, gre, vrrp) stand alone. A rule of another firewall that drops it is an error that names the rule.',
      },
      policy: {
        enum: ['accept', 'drop'],
        default: 'accept',
        description:
          'What becomes of everything else that is for this host. With drop, let in all the same: SSH on the ports where it listens, what belongs to connections that are there, loopback, ICMP and the answers of DHCP.',
      },
      ssh_from: {
        ...SSH_FROM,
        description:
          'Networks from which SSH is let in, where policy is drop; left out, from anywhere. The address that this run comes from must be in one of them.',
      },
      forward: {
        ...FORWARD,
        description:
          'What is let through to others: `policy`, and with drop `allow`: a list of `from`, `to` (networks), `from_interface`, `to_interface`, `protocol`, `port` and `comment`. Answers to it always pass. Left out: not touched.',
      },
      table: {
        type: 'string',
        pattern: '^[A-Za-z][A-Za-z0-9_]{0,30}$',
        $comment: 'must be a name for nft: letters, digits and _, beginning with a letter, at most 31',
        default: 'tightbeam',
        description: 'Name of the table, of family inet. All ports of a host stand in one step.',
      },
      state: { ...STATE, description: 'With absent: the table is taken away, now and at boot.' },
    },
  },
  check({ ports = [], ssh_from = [], forward, policy = 'accept' }) {
    const faults: ParamFault[] = ports.flatMap((each, index) => [
      ...openingFaults(each, ['ports', index], false),
    ]);
    (forward?.allow ?? []).forEach((each, index) => {
      faults.push(...openingFaults(each, ['forward', 'allow', index], true));
    });
    ssh_from.forEach((each, index) => {
      if (!parseCidr(each))
        faults.push({ path: ['ssh_from', index], message: `${each} is no address and no network` });
    });
    if (ssh_from.length > 0 && policy !== 'drop') {
      faults.push({
        path: ['ssh_from'],
        message: '`ssh_from` shuts out nobody as long as `policy` is accept',
        hint: 'set `policy: drop`',
      });
    }
    return faults;
  },
  desire({ ports = [], policy = 'accept', ssh_from = [], forward, table = 'tightbeam', state }) {
    const name = { family: 'inet', name: table } as const;
    if (state === 'absent') return noNftTable(name);
    const openings = ports.map((each) => openingOf(each, false));
    const passages = (forward?.allow ?? []).map((each) => openingOf(each, true));
    const drops = policy === 'drop';
    const chains: NftChain[] = [
      {
        name: 'input',
        base: { type: 'filter', hook: 'input', priority: 0, policy },
        rules: [...(drops ? safeRules(ssh_from) : []), ...openings.flatMap(openingRules)],
      },
    ];
    if (forward) {
      chains.push({
        name: 'forward',
        base: { type: 'filter', hook: 'forward', priority: 0, policy: forward.policy },
        rules: ['ct state established,related accept', ...passages.flatMap(openingRules)],
      });
    }
    return [
      openPortCheck(name, [...openings, ...passages]),
      ...nftTable({ ...name, rules: nftChains(chains), ...(drops ? { sshFrom: ssh_from } : {}) }),
    ];
  },
});
