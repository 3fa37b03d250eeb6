/** Which runs with nothing to change are measured. A contestant that would take minutes for nothing new is left out. */

const DEFAULT = 'Ansible, default';
const PIPELINING = 'Ansible, pipelining';

/** The work, the round-trip time in ms, hosts, rounds of the quick and of the slow contestants. */
export const unchangedWishes = (quick) =>
  quick
    ? [
        { work: 'twenty', rtt: 0, hosts: 2, rounds: 5, slow: 1 },
        { work: 'full', rtt: 0, hosts: 2, rounds: 7, slow: 1, without: [DEFAULT, PIPELINING] },
        { work: 'full', rtt: 50, hosts: 2, rounds: 5, slow: 0 },
      ]
    : [
        { work: 'twenty', rtt: 0, hosts: 2, rounds: 11, slow: 1 },
        { work: 'twenty', rtt: 50, hosts: 2, rounds: 7, slow: 1 },
        { work: 'twenty', rtt: 200, hosts: 2, rounds: 5, slow: 1, without: [DEFAULT] },
        { work: 'full', rtt: 0, hosts: 2, rounds: 15, slow: 1 },
        { work: 'full', rtt: 50, hosts: 2, rounds: 9, slow: 1, without: [DEFAULT, PIPELINING] },
        { work: 'full', rtt: 200, hosts: 2, rounds: 7, slow: 1, without: [DEFAULT, PIPELINING] },
        { work: 'full', rtt: 0, hosts: 8, rounds: 7, slow: 1, without: [DEFAULT, PIPELINING] },
        { work: 'full', rtt: 0, hosts: 32, rounds: 7, slow: 0 },
      ];
