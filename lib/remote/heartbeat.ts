/** Signs of life to a host, whose shell ends by itself when they stay away: a link that is silently gone is seen there, too. */
import { type Sh, sh } from '../base/sh.ts';
import { jobMark, sweepText } from './kill-text.ts';
import type { Supervisor } from './supervisor.ts';

/** A session that lives longer than this is watched on the host; most that change nothing are over by then. */
const FIRST_MS = 1500;
/** The host looks this often per heartbeat, but at most once a second. */
const LOOKS = 5;

/**
 * `tb_watch`: a process beside the supervisor that ends it when nothing has come in for `limitMs`. What counts is that the
 * supervisor has read anything (/proc/<pid>/io), so a text that takes long to arrive is a sign of life; where the kernel does
 * not count, only a beat is. It also sees a supervisor that was killed, which could not clear up after itself.
 * `tb_beat`: hears of us. Neither asks anything of a host that is not theirs.
 */
export function watchText(nonce: string, limitMs: number): Sh {
  const look = Math.max(1, Math.ceil(limitMs / 1000 / LOOKS));
  const looks = Math.max(1, Math.ceil(limitMs / 1000 / look));
  return sh`tb_watch() { [ -z "$tbheart" ] || kill $tbheart 2>/dev/null; ( trap : USR1; trap 'kill $tbs 2>/dev/null; exit 0' TERM; trap '' HUP; exec >/dev/null 2>&1; tbn=0 tbi=
while [ $tbn -lt ${looks} ]; do sleep ${look} & tbs=$!
if wait $tbs; then tbn=$((tbn+1)); tbx=; read -r tbx </proc/$$/io; [ "$tbx" = "$tbi" ] || tbn=0; tbi=$tbx; else kill $tbs; tbn=0; fi
read -r tb1 tb2 tb3 tb4 tb5 </proc/self/stat; [ "$tb4" = $$ ] || { tb_leave; ${sweepText(sh`KILL`, sh`TB_READ=${jobMark({ nonce })}`)}; exit 0; }
done
for tbp in /proc/[0-9]*/stat; do read -r tb6 tb7 tb8 tb9 tb5 <$tbp; [ "$tb9" != $$ ] || [ "$tb6" = "$tb1" ] || kill -TERM $tb6; done
tb_leave; kill -KILL $$ ) </dev/null & tbheart=$!; }
tb_beat() { [ -n "$tbheart" ] && kill -USR1 $tbheart 2>/dev/null || tb_watch; }`;
}

/** Beats until the link is gone. Costs a short session nothing. */
export function startHeart(link: Supervisor, limitMs: number): void {
  let text = sh`${watchText(link.nonce, limitMs)}\ntb_beat`;
  const beat = () => {
    if (link.ended) return;
    link.beat(text);
    text = sh`tb_beat`;
    setTimeout(beat, limitMs / 3).unref();
  };
  setTimeout(beat, Math.min(FIRST_MS, limitMs / 3)).unref();
}
