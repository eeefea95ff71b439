#!/bin/sh
# Shared by `serve`, `resume` and `release`: what writes the journal of $volume (etc/remount-journal@.service), on hosts of a stack that has
# one. It is no condition of serving.
# shellcheck disable=SC2154 # set in common.sh

# shellcheck source=host/follower.sh
. "$(dirname "$0")/follower.sh"
# shellcheck source=host/gauge.sh
. "$(dirname "$0")/gauge.sh"

has_writer() { [ -f "$root/etc/systemd/system/remount-journal@.service" ]; }

# control_writer <start, stop> [option]: bounded, for a process in I/O that stalls does not end. Sets said.
control_writer() { said=$(timeout 8 systemctl "$@" "remount-journal@$volume.service" 2>&1 7>&-); }

# first_lag: nothing has waited for the journal yet.
first_lag() { first_gauge JournalLag; }

# start_writer: it begins by itself, and nobody waits for it. Prints journaled=false where it cannot even be asked to.
start_writer() {
  has_writer || return 0
  first_lag
  control_writer start --no-block && return 0
  printf 'journaled=false\n'
  printf 'remount: the journal of %s is not written: %s\n' "$volume" "$said" >&2
}

stop_writer() {
  rm -f "$run_dir/$volume.first"
  ! has_writer || control_writer stop
}

# listen_first: where a takeover has left something, the writer applies that onto what nobody has touched (agent/README.md), so it listens before anybody
# can touch anything. It is waited for, and not for long: of what it has not heard it takes for touched what it cannot rule out. Sets listens.
listen_first() {
  listens=''
  late="$root/var/lib/remount/journal/$volume_id/late"
  if ! has_writer || [ ! -e "$late" ]; then return 0; fi
  need_directory "$run_dir"
  prepare "$run_dir" "$volume_id" "$run_dir/$volume.first"
  control_writer start --no-block || return 0
  listens=yes
  tries=$((${REMOUNT_LISTEN_SECONDS:-4} * 10))
  while [ -e "$late" ] && [ "$tries" -gt 0 ]; do
    tries=$((tries - 1))
    sleep 0.1
  done
}

# limit_writer: what was started before its volume was there has no limit of reading from that yet.
limit_writer() {
  [ -n "$listens" ] || return 0
  limit=$(sed -n "s/%i/$volume/; s/^\(IOReadBandwidthMax=.*\)/\1/p" "$root/etc/systemd/system/remount-journal@.service")
  timeout 8 systemctl set-property --runtime "remount-journal@$volume.service" "$limit" >/dev/null 2>&1 7>&- ||
    printf 'remount: what writes the journal of %s reads without a limit\n' "$volume" >&2
}
