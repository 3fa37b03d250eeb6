/** The way by which this very session is on the host: where it comes from, which address and port it came to, and as whom. */
import { type Sh, sh } from '../../base/sh.ts';

/**
 * Shell function `tb_session`: sets `tb_peer`, `tb_peer_port`, `tb_self`, `tb_self_port` (all empty where the session does not
 * come by SSH) and `tb_login` (empty where it cannot be told). sudo takes SSH_CONNECTION from the environment but not
 * from that of the processes above, which stays in /proc; where it is not to be had, the socket of one of them tells the
 * same.
 */
export const SESSION_WAY: Sh = sh`tb_session() {
tb_p=$$ tb_env= tb_pids= tb_login=
while [ "$tb_p" -gt 1 ] && read -r tb_stat <"/proc/$tb_p/stat"; do
tb_env="$tb_env /proc/$tb_p/environ" tb_pids="$tb_pids|$tb_p" tb_title=
{ read -r tb_title <"/proc/$tb_p/cmdline"; } 2>/dev/null
case $tb_title in 'sshd: '*@*|'sshd-session: '*@*) tb_login=\${tb_title#*: }; tb_login=\${tb_login%@*} ;; esac
set -- \${tb_stat##*) }; tb_p=$2; done
tb_from=$(grep -hza -m 1 '^SSH_CONNECTION=' $tb_env 2>/dev/null)
tb_from=\${tb_from#SSH_CONNECTION=}
set -- \${tb_from%%SSH_CONNECTION=*}
if [ $# -ne 4 ] && command -v ss >/dev/null 2>&1; then
set -- $(ss -Htnp state established | grep -E "pid=(\${tb_pids#|}),")
if [ $# -ge 4 ]; then set -- "\${4%:*}" "\${4##*:}" "\${3%:*}" "\${3##*:}"; else set --; fi
fi
[ $# -eq 4 ] || set -- '' '' '' ''
tb_peer=$1 tb_peer_port=$2 tb_self=$3 tb_self_port=$4; }`;

/** Ends the text it stands in with status 0, and says why, where the way is none that could be lost, or cannot be told. */
export const OR_NOT_TRIED: Sh = sh`tb_plain() { tb_word=\${1#\\[}; tb_word=\${tb_word%\\]}; tb_word=\${tb_word#::ffff:}; }
[ "$(id -u)" = 0 ] || { echo 'not tried for a lockout: that takes root'; exit 0; }
tb_session; tb_plain "$tb_peer"; tb_peer=$tb_word; tb_plain "$tb_self"; tb_self=$tb_word
case $tb_peer in
'') echo 'not tried for a lockout: this session does not come by SSH'; exit 0 ;;
127.*|::1|*%*) echo "not tried for a lockout: this session comes from $tb_peer"; exit 0 ;;
esac`;

/** Status of a trial that finds that the next login would not get in. Its last line says why. */
export const LOCKED_OUT = 76;
