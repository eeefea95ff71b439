#!/bin/sh
# remount-verb: freeze
# Freezes what this instance serves, for a snapshot: everything that was written is on the disk, and nobody can write until
# `thaw`, or until the watchdog thaws, 30 s later at the latest. Reads go on. Nothing served: nothing to do.
# Parameter: SSM_executionId (which snapshot it is for; the same one again is done before). Prints state, and frozen, the
# volume id, for each.

# shellcheck source=host/common.sh
. "$(dirname "$0")/common.sh"

# Seconds. Less than the 30 s in which trouble is to be noticed would be too little for DLM's way through Systems Manager.
bound="${REMOUNT_FREEZE_SECONDS:-30}"
freeze_note="$run_dir/freeze"

# The watchdog, a session of its own that no killed command takes along, and that the kernel does not kill for memory. It
# holds the mounted root open, so that nobody unmounts it frozen (it would stay frozen, unseen), and so that it is never the
# host's own file system that is frozen; sets its timer; leaves the record, which only one can; lets a probe end that is
# writing; and only then does it freeze, as its own child: no freeze is ever under way without its watchdog.
# Arguments: mounted root, record, until when, for which snapshot, seconds, the file that says that it comes too late.
# shellcheck disable=SC2016 # its own variables
watchdog_script='
  exec 7<"$1" || exit
  [ "$(stat -L -c %d /proc/self/fd/7)" != "$(stat -c %d "${1%/*}")" ] || exit
  echo -1000 >/proc/self/oom_score_adj
  sleep "$5" &
  timer=$!
  echo "$3 $$ $timer $4" >"$2.$$"
  ln "$2.$$" "$2"
  claimed=$?
  rm -f "$2.$$"
  [ "$claimed" -eq 0 ] || { kill "$timer"; exit; }
  tries=20
  while [ "$tries" -gt 0 ] && ls "$1"/.remount/canary.tmp.* >/dev/null; do
    tries=$((tries - 1))
    sleep 0.1
  done
  [ ! -e "$6" ] || { kill "$timer"; rm -f "$2"; exit; }
  { fsfreeze --freeze /proc/self/fd/7 2>"$2.said"; echo "$?" >"$2.code.new"; mv "$2.code.new" "$2.code"; } &
  freezer=$!
  wait "$timer"
  until fsfreeze --unfreeze /proc/self/fd/7; do
    # It may have frozen, and ended, between the two lines.
    kill -0 "$freezer" || { fsfreeze --unfreeze /proc/self/fd/7; break; }
    sleep 1
  done
  rm -f "$2" "$2".*
'

# freeze_volume: $volume_id on $staging.
freeze_volume() {
  record="$run_dir/$volume_id.frozen"
  started=''
  # Nobody watches over it: it is a leftover.
  if [ -e "$record" ] && ! watched "$record"; then thaw; fi
  if [ ! -e "$record" ]; then
    if is_late; then return 1; fi
    # While writers still go on: it makes the freeze short.
    sync --file-system "$staging" || return 1
    if is_late; then return 1; fi
    setsid sh -c "$watchdog_script" remount-watchdog \
      "$staging" "$record" "$(($(seconds_now) + bound))" "$execution" "$bound" "$reply.late" </dev/null >/dev/null 2>&1 &
    started=$!
  fi
  until [ -e "$record.code" ]; do
    # It ended without a record, or it thawed already.
    if [ ! -e "$record" ] && { [ -z "$started" ] || ! kill -0 "$started" 2>/dev/null; }; then return 1; fi
    sleep 0.05
  done
  read -r code <"$record.code" && [ "$code" -eq 0 ] && read -r _ _ _ by <"$record" || return 1
  [ "$by" = "$execution" ] || give_up busy "$volume_id is frozen for another snapshot, $by"
  if is_late; then return 1; fi
}

# is_late: this verb has answered `timeout` meanwhile. DLM goes on without a frozen file system, and no freeze may begin or
# stay: nobody comes to thaw it.
is_late() { [ -e "$reply.late" ]; }

# give_up <state> <message>: no post script will come.
give_up() {
  for volume_id in $done_before; do
    staging="$root/mnt/remount/$volume_id"
    thaw
  done
  fail "$1" "$2"
}

act() {
  done_before=''
  for marker in "$marker_dir"/*; do
    [ -f "$marker" ] || continue
    case "${marker##*/}" in *.new.*) continue ;; esac
    read -r volume_id <"$marker"
    is_volume_id "$volume_id" || continue
    staging="$root/mnt/remount/$volume_id"
    find_mount "$staging" || continue
    is_alive "$staging" || give_up shutdown "$volume_id on $staging: the file system is shut down"
    freeze_volume || {
      said=$(cat "$run_dir/$volume_id.frozen.said" 2>/dev/null)
      done_before="$done_before $volume_id"
      give_up busy "$volume_id could not be frozen: ${said:-nobody says why}"
    }
    done_before="$done_before $volume_id"
    printf 'frozen=%s\n' "$volume_id"
  done
  if [ -n "$done_before" ]; then printf '%s%s\n' "$execution" "$done_before" >"$freeze_note"; fi
  printf 'state=frozen\n'
}

need_execution
within "${REMOUNT_DEADLINE:-15}"
