/** What is looked at on hosts that were nearly lost, and logins that are tried all the while. */
import { setTimeout as sleep } from 'node:timers/promises';
import { exec } from '../../../lib/lab/exec.ts';
import type { LabProject, Running } from '../../fixture/lab-run.ts';

const LOOK = `export LC_ALL=C; find /etc /srv -xdev -type f ! -name '*-' -print0 | sort -z | xargs -0 sha256sum
nft -s list ruleset; ip -o -4 address show | sed 's/valid_lft.*//'; ip route show table all | grep -v fe80:: | sort; ip rule; sysctl net.ipv4.ip_forward net.ipv4.conf.all.log_martians; uname -n; cat /sys/class/net/eth0/mtu; wg showconf wg0 2>/dev/null | sort
units='ssh beat nftables networking systemd-networkd wg-quick@wg0'; systemctl is-active $units; systemctl is-enabled $units; true`;

/** Everything of ours that must be gone once all is decided. */
const LEFT = `ls /var/lib/tightbeam/revert /var/lib/tightbeam/reverted 2>/dev/null | grep -v -e ':$' -e '^$'
systemctl list-timers --all --no-legend 'tightbeam-revert*'; systemctl list-units --all --no-legend 'tightbeam-revert*'
find /etc -name '*tightbeam*'; pgrep -af '[r]evert/'; true`;
/** The result of a write that nobody has taken up, for `run resume`; for a day. */
const SAVED = `ls /var/lib/tightbeam/runs 2>/dev/null; systemctl list-timers --all --no-legend 'tightbeam*'; true`;

/** Hashes of files, dumps of nft, addresses, routes and WireGuard, and how units stand. */
export function look(lab: LabProject, host: string): Promise<string> {
  return lab.byHand(host, LOOK);
}

/** `killed`: the result of a run that was killed may wait there. */
export async function left(lab: LabProject, host: string, killed = false): Promise<string> {
  return (await lab.byHand(host, killed ? LEFT : `${LEFT}\n${SAVED}`)).trim();
}

/** A host to jump over, and the address behind it. */
export interface Way {
  readonly jump: string;
  readonly to: string;
}

/** A new login, given up after five seconds. */
function login(lab: LabProject, host: string, through?: Way): Promise<boolean> {
  const folder = `${lab.root}/inventory/lab`;
  const known = [
    'BatchMode=yes',
    'ConnectTimeout=5',
    'StrictHostKeyChecking=no',
    'LogLevel=ERROR',
    'UserKnownHostsFile=/dev/null',
  ];
  const key = ['-F', 'none', '-i', `${folder}/id_ed25519`, ...known.flatMap((each) => ['-o', each])];
  const over = through
    ? ['-o', `ProxyCommand=ssh ${key.join(' ')} -W %h:%p root@${lab.address(through.jump)}`]
    : [];
  const words = [...key, ...over, `root@${through?.to ?? lab.address(host)}`, 'true'];
  return exec('timeout', ['8', 'ssh', ...words]).then(({ rc }) => rc === 0);
}

export interface Cut {
  readonly through?: Way;
  /** Called at the first login that fails. */
  readonly whenCut?: () => void;
  /** The run may end before the host is cut off. */
  readonly mayEnd?: boolean;
}

const WITHIN_MS = 60_000;

/**
 * Begins a login each second until one has failed and a later one succeeds; gives the seconds between the last good one before and the
 * first good one after, less what two logins take: this machine may have a lot to do. Throws when the run ends without a cut, and when the host stays away.
 */
export async function cutFor(
  lab: LabProject,
  host: string,
  running: Running,
  cut: Cut = {},
): Promise<number> {
  const began = performance.now();
  const seen = { good: began, takes: 0, bad: Number.POSITIVE_INFINITY, back: 0, ended: false };
  const end = () => {
    seen.ended = true;
  };
  running.done.then(end, end);
  const look = async (): Promise<void> => {
    const at = performance.now();
    const came = await login(lab, host, cut.through);
    const now = performance.now();
    if (came && at > seen.bad) seen.back ||= now;
    else if (came) {
      seen.good = Math.max(seen.good, at);
      seen.takes = Math.max(seen.takes, now - at);
    }
    if (!came && seen.bad === Number.POSITIVE_INFINITY) {
      seen.bad = at;
      cut.whenCut?.();
    }
  };
  while (seen.back === 0) {
    const { ended } = seen;
    const one = look();
    await sleep(1000);
    if (ended && !cut.mayEnd) {
      await one;
      const { code, out, err } = await running.done;
      if (seen.bad === Number.POSITIVE_INFINITY || code !== 5)
        throw new Error(
          `${host} was ${seen.bad < began + WITHIN_MS * 2 ? '' : 'never '}cut off; the run ended with ${code}\n${out}${err}`,
        );
    }
    if (performance.now() - began > WITHIN_MS) throw new Error(`${host} is not back, or was never cut off`);
  }
  return (seen.back - seen.good - 2 * seen.takes) / 1000;
}

/** Lines that the one has and the other has not; /srv/between is what no way back is about. */
export function differs(before: string, after: string): readonly string[] {
  const [old, now] = [before.split('\n'), after.split('\n')];
  return [
    ...old.filter((line) => !now.includes(line)).map((line) => `- ${line}`),
    ...now.filter((line) => !old.includes(line)).map((line) => `+ ${line}`),
  ].filter((line) => !line.endsWith(' /srv/between'));
}
