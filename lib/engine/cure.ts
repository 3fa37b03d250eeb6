/** What to do about a change that failed for want of something that no runbook names: room, memory, a disk that takes writes, the right time. */

const RUN_AGAIN = 'then run it again: it goes on from what it finds';

const CURES: readonly (readonly [RegExp, string])[] = [
  [
    /No space left on device|Disk quota exceeded|not enough free space|not enough free disk space/i,
    `make room where that path lies (\`df -h\`, \`df -i\` show what is full), ${RUN_AGAIN}`,
  ],
  [
    /Read-only file system/i,
    `what holds that path is mounted read-only (\`findmnt -T\` shows it): the kernel does that after an error of a disk, which \`dmesg\` has. Mend it, remount it, ${RUN_AGAIN}`,
  ],
  [
    /Cannot allocate memory|Cannot fork|fork: retry|virtual memory exhausted|Out of memory/i,
    `the host is out of memory, or of processes for this account (\`free -m\`, \`ulimit -u\`): give it more or end what takes it, ${RUN_AGAIN}`,
  ],
  [
    /is not (?:valid yet|yet valid)|invalid for another \d+|is expired \(invalid since|EXPKEYSIG|certificate has expired|certificate.*(?:not yet activated|is expired)/i,
    `compare \`date -u\` on the host with a clock that is right: where it is wrong, set it (\`timedatectl set-ntp true\`, or \`date -s\`), ${RUN_AGAIN}. Where it is right, what is named has expired`,
  ],
  [
    /lock is still held by/,
    'wait for that process or end it, or raise `lock_timeout` of the step; then run it again',
  ],
];

const KILLED =
  'somebody killed it (SIGKILL): where memory has run out, that is the kernel (`journalctl -k | grep -i oom`). Give the host, or the control group, more memory, ' +
  RUN_AGAIN;

/** One sentence, or undefined where nothing better is known than what was printed. */
export function cureOf(output: string, rc: number): string | undefined {
  const known = CURES.find(([sign]) => sign.test(output))?.[1];
  return known ?? (rc === 137 ? KILLED : undefined);
}
