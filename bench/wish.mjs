/** Which runs with nothing to change are measured: what, how far away, on how many hosts, how often. */

/** What is measured: the work, the round-trip time in ms, hosts, rounds of the quick and of the slow contestants. */
export const unchangedWishes = (quick) =>
  quick
    ? [
        { work: 'twenty', rtt: 0, hosts: 2, rounds: 5, slow: 1 },
        { work: 'full', rtt: 0, hosts: 2, rounds: 7, slow: 1, without: ['Ansible, default'] },
        { work: 'full', rtt: 50, hosts: 2, rounds: 5, slow: 0 },
      ]
    : [
        { work: 'twenty', rtt: 0, hosts: 2, rounds: 11, slow: 3 },
        { work: 'twenty', rtt: 50, hosts: 2, rounds: 7, slow: 1 },
        { work: 'twenty', rtt: 200, hosts: 2, rounds: 5, slow: 1 },
        { work: 'full', rtt: 0, hosts: 2, rounds: 15, slow: 3 },
        { work: 'full', rtt: 50, hosts: 2, rounds: 9, slow: 1 },
        { work: 'full', rtt: 200, hosts: 2, rounds: 7, slow: 1, without: ['Ansible, default'] },
        {
          work: 'full',
          rtt: 0,
          hosts: 8,
          rounds: 7,
          slow: 1,
          without: ['Ansible, default', 'Ansible, pipelining'],
        },
        { work: 'full', rtt: 0, hosts: 32, rounds: 5, slow: 0 },
      ];
