/** Settings of sshd, tried in a mount namespace of their own: whether sshd would start with them, and let in whoever we are. */
import { quoteBytes, quoteSecret, type Sh, sh } from '../../base/sh.ts';
import { LOCKED_OUT, OR_NOT_TRIED, SESSION_WAY } from './session-way.ts';

/** What asks sshd of the settings in /etc/ssh as this shell sees them; needs `tb_session` to have been called. */
const ASK: Sh = sh`tb_out() { echo "$1"; exit ${LOCKED_OUT}; }
tb_of() { printf '%s\\n' "$tb_set" | sed -n "s/^$1 //p"; }
tb_named() {
for tb_word in $1; do case $tb_word in
*@*) case $2 in \${tb_word%@*}) case $tb_peer in \${tb_word##*@}) return 0 ;; esac ;; esac ;;
*) case $2 in $tb_word) return 0 ;; esac ;; esac; done; return 1; }
tb_member() { for tb_group in $(id -Gn "$tb_login" 2>/dev/null); do tb_named "$1" "$tb_group" && return 0; done; return 1; }
tb_shut() {
tb_said=$(sshd -t 2>&1) || { echo "sshd would not start with these settings: $tb_said"; return 0; }
tb_set=$(sshd -T -C "user=$tb_login,host=$tb_peer,addr=$tb_peer,laddr=$tb_self,lport=$tb_self_port" 2>/dev/null) || return 1
case " $(tb_of port | tr '\\n' ' ') " in *" $tb_self_port "*) ;; *)
echo "sshd would listen on port $(tb_of port | tr '\\n' ' ')and no longer on $tb_self_port, by which we came"; return 0 ;; esac
tb_found=
for tb_word in $(tb_of listenaddress); do case $tb_word in
"$tb_self:$tb_self_port"|"[$tb_self]:$tb_self_port") tb_found=1 ;;
"0.0.0.0:$tb_self_port") case $tb_self in *:*) ;; *) tb_found=1 ;; esac ;;
"[::]:$tb_self_port") case $tb_self in *:*) tb_found=1 ;; esac ;; esac; done
[ -n "$tb_found" ] || { echo "sshd would not listen on $tb_self, port $tb_self_port, to which we came"; return 0; }
if [ -n "$tb_login" ]; then
set -f
tb_deny=$(tb_of denyusers) tb_allow=$(tb_of allowusers) tb_denied=$(tb_of denygroups) tb_allowed=$(tb_of allowgroups)
if tb_named "$tb_deny" "$tb_login"; then echo "DenyUsers would keep out $tb_login"; return 0; fi
if [ -n "$tb_allow" ] && ! tb_named "$tb_allow" "$tb_login"; then echo "AllowUsers would not let in $tb_login from $tb_peer"; return 0; fi
if tb_member "$tb_denied"; then echo "DenyGroups would keep out $tb_login"; return 0; fi
if [ -n "$tb_allowed" ] && ! tb_member "$tb_allowed"; then echo "AllowGroups would not let in $tb_login"; return 0; fi
set +f
if [ "$(id -u "$tb_login" 2>/dev/null)" = 0 ]; then case $(tb_of permitrootlogin) in
no|forced-commands-only) echo "PermitRootLogin would keep out $tb_login"; return 0 ;; esac; fi
fi
tb_ways=
for tb_word in password kbdinteractive gssapi hostbased; do [ "$(tb_of \${tb_word}authentication)" != yes ] || tb_ways=1; done
if [ "$(tb_of pubkeyauthentication)" = yes ]; then
eval "tb_home=~\${tb_login:-root}"
for tb_word in $(tb_of authorizedkeysfile); do case $tb_word in
none) ;; *%%*|*%[!uh]*) tb_ways=1 ;;
*) tb_word=$(printf '%s' "$tb_word" | sed "s|%u|$tb_login|g;s|%h|$tb_home|g")
case $tb_word in /*) ;; *) tb_word=$tb_home/$tb_word ;; esac
[ ! -s "$tb_word" ] || tb_ways=1 ;; esac; done
case $(tb_of authorizedkeyscommand)$(tb_of trustedusercakeys) in ''|nonenone|none) ;; *) tb_ways=1 ;; esac
fi
[ -n "$tb_ways" ] || { echo "nobody could log in as \${tb_login:-root}: keys of theirs would not be found, and passwords not be asked for"; return 0; }
return 1; }`;

/**
 * Text that lets `change` have its way with a copy of /etc/ssh in a mount namespace of its own, and asks sshd there. Ends with
 * status {@link LOCKED_OUT} where sshd would not start, or not let in the account from the address that this session comes from, and
 * does so now; with 0 otherwise, also where it cannot be tried, which it says. Nothing of it is seen outside.
 */
export function trySshd(change: Sh): Sh {
  const text = change.secret ? quoteSecret(change.text) : quoteBytes(change.text);
  return sh`${SESSION_WAY}
${OR_NOT_TRIED}
tb_not() { echo "not tried for a lockout: $1"; exit 0; }
for tb_tool in unshare mount sshd; do command -v $tb_tool >/dev/null 2>&1 || tb_not "there is no $tb_tool here"; done
export tb_peer tb_self tb_self_port tb_login
tb_ask=${quoteBytes(INSIDE.text)}
printf '%s' ${text} | unshare -m /bin/sh -c "$tb_ask"
tb_rc=$?
case $tb_rc in 0|${LOCKED_OUT}) exit $tb_rc ;; *) tb_not 'no mount namespace can be made here' ;; esac`;
}

/** The same for a change of a file, where sshd reads its settings from it. */
export function sshdFileTrial(path: string, change: Sh): { readonly trial?: Sh } {
  return path.startsWith('/etc/ssh/sshd_config') ? { trial: trySshd(change) } : {};
}

const INSIDE: Sh = sh`${ASK}
tb_run=$(cat); exec </dev/null
mount --make-rprivate / 2>/dev/null
mount -t tmpfs -o mode=755 tmpfs /mnt || exit 1
cp -a /etc/ssh /mnt/ && mount --bind /mnt/ssh /etc/ssh || exit 1
[ -d /run/sshd ] || { mount -t tmpfs -o mode=755 tmpfs /run && mkdir /run/sshd; } || exit 1
if tb_shut >/dev/null; then echo 'not tried for a lockout: by its present settings sshd would not let us in, though we are in'; exit 0; fi
TB_BACKUP=
( eval "$tb_run" ) >/dev/null 2>&1 || { echo 'not tried for a lockout: it fails there; see what follows'; exit 0; }
if tb_why=$(tb_shut); then tb_out "$tb_why"; fi
exit 0`;
