#!/bin/sh
# Sets the version of the host software that this file belongs to in force: `update` runs it, from the version's own directory.
#   try            could it run here? Changes nothing
#   apply <before> puts the configuration in its places and has it taken up; <before> is the directory of the version before
#   well <volume>  is everything running, and is each of these content volumes still served? Waits a little for it
# Each may run twice, and be killed anywhere. On failure it says why, and exits with 1.

set -u
LC_ALL=C
export LC_ALL
PATH="${PATH:-/usr/bin}:/usr/sbin:/sbin:/usr/bin:/bin:/opt/aws/amazon-cloudwatch-agent/bin"
umask 022

root="${REMOUNT_ROOT:-}"
here=$(cd "$(dirname "$0")" && pwd -P)
# shellcheck source=host/writer.sh
. "$here/writer.sh"
# shellcheck source=host/uploads.sh
. "$here/uploads.sh"
systemd="$root/etc/systemd/system"
nginx_conf="$root/etc/nginx/nginx.conf"
journal_command="$root/usr/bin/remount-journal"
agent_conf="$root/opt/aws/amazon-cloudwatch-agent/etc/amazon-cloudwatch-agent.json"
# Seconds that `well` waits for.
wait_seconds=10

give_up() {
  printf '%s\n' "$1"
  exit 1
}

# put <file> <place>: whoever reads the place finds the old or the new one.
put() {
  cmp -s "$1" "$2" && return 0
  { mkdir -p "${2%/*}" && cp "$1" "$2.remount-new" && mv -f "$2.remount-new" "$2"; } || give_up "$2 cannot be written"
}

# same <name>: the version before had the same file, and it was taken up.
same() { cmp -s "$before/etc/$1" "$here/etc/$1"; }

# put_journal: the command of the journal's agent, where this version has one.
put_journal() {
  if [ ! -f "$here/etc/remount-journal" ]; then
    rm -f "$journal_command"
    return
  fi
  put "$here/etc/remount-journal" "$journal_command"
  chmod 755 "$journal_command"
}

# put_node: Node, which runs agents: an instance that was launched when the stack had no agent lacks it. Where it cannot be installed, everything else
# goes on: the journal is behind, for which there is an alarm, and no witness asks.
put_node() {
  [ -d "$here/agent" ] || return 0
  # In a rehearsal, below a root of its own, the machine is somebody's.
  [ -n "$root" ] || command -v node-24 >/dev/null || timeout -k 5 60 dnf install -y nodejs24 >/dev/null 2>&1
}

try() {
  for script in "$here"/*.sh; do sh -n "$script" || give_up "$script cannot be parsed"; done
  # Where the sockets are to be, and the log.
  mkdir -p "$root/run/remount-web" "$root/var/log/remount" || give_up 'directories of the web servers cannot be made'
  nginx -t -q -c "$here/etc/nginx.conf" 2>&1 || give_up 'nginx refuses its configuration'
}

apply() {
  put "$here/etc/nginx.conf" "$nginx_conf"
  put "$here/etc/amazon-cloudwatch-agent.json" "$agent_conf"
  for unit in "$here"/etc/*.service "$here"/etc/*.timer; do put "$unit" "$systemd/${unit##*/}"; done
  # What the version before had and this one has not.
  for unit in "$before"/etc/*.timer "$before"/etc/*.service; do
    if [ ! -f "$unit" ] || [ -f "$here/etc/${unit##*/}" ]; then continue; fi
    case "$unit" in *@.service) gone="${unit##*/}" && systemctl stop "${gone%.service}*.service" ;; esac
    systemctl disable --now "${unit##*/}"
    rm -f "$systemd/${unit##*/}"
  done
  put_journal
  put_node
  systemctl daemon-reload || give_up 'systemd does not reload'
  # First what the front leads to. What is served goes on being served, by the new configuration.
  for link in "$root/srv/content"/*; do
    [ -L "$link" ] || continue
    web="remount-web@${link##*/}.service"
    { systemctl start "$web" && systemctl reload "$web"; } || give_up "the web server of ${link##*/} does not start"
  done
  # A spare goes on being followed, by this version.
  [ ! -f "$here/etc/remount-spare@.service" ] || systemctl try-restart --no-block 'remount-spare@*.service'
  systemctl enable --now nginx || give_up 'nginx does not start'
  # What runs at boot by itself; timers start the rest.
  for unit in "$here"/etc/*.service; do
    case "${unit##*/}" in nginx.service | *@.service) continue ;; esac
    grep -qs '^\[Install\]' "$unit" || continue
    systemctl enable "${unit##*/}" || give_up "${unit##*/} cannot be enabled"
  done
  # Connections that are open are served to their end.
  systemctl reload nginx || give_up 'nginx does not reload'
  for timer in "$here"/etc/*.timer; do
    systemctl enable --now "${timer##*/}" || give_up "${timer##*/} does not start"
    same "${timer##*/}" || systemctl restart "${timer##*/}" || give_up "${timer##*/} does not start"
  done
  # The agent sends nothing for seconds while it starts again, and that is an alarm's period.
  same amazon-cloudwatch-agent.json ||
    amazon-cloudwatch-agent-ctl -a fetch-config -m ec2 -s -c "file:$agent_conf" || give_up 'the CloudWatch agent does not start'
  [ ! -f "$here/etc/remount-witness.service" ] || systemctl restart --no-block remount-witness.service
  restart_writers
}

# restart_writers: of what is served, and what takes uploads in. What is written meanwhile is found by a scan. Nothing waits for it.
restart_writers() {
  has_writer || return 0
  for link in "$root/srv/content"/*; do
    [ -L "$link" ] || continue
    volume="${link##*/}"
    first_lag
    control_writer restart --no-block
    start_intake restart >/dev/null
  done
}

# once <volume...>: sets said.
once() {
  for unit in nginx amazon-cloudwatch-agent $(cd "$here/etc" && printf '%s ' *.timer); do
    said="$unit is not running"
    systemctl is-active --quiet "$unit" || return 1
  done
  # Any answer will do: a standby has nothing to serve.
  said=$(curl -sS -m 5 -o /dev/null --unix-socket "$root/run/remount-web/_front.sock" http://localhost/ 2>&1) || return 1
  for volume in "$@"; do
    said=$(SSM_Volume="$volume" sh "$here/probe.sh" 2>&1) || return 1
  done
}

well() {
  until once "$@"; do
    wait_seconds=$((wait_seconds - 1))
    [ "$wait_seconds" -gt 0 ] || give_up "$said"
    sleep 1
  done
}

what="${1:-}"
[ "$#" -eq 0 ] || shift
case "$what" in
  try) try ;;
  apply)
    before="${1:-none}"
    apply ;;
  well) well "$@" ;;
  *) give_up "unknown: $what" ;;
esac
exit 0
