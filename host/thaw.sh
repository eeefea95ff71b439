#!/bin/sh
# remount-verb: thaw
# Ends what `freeze` began, and its watchdog. It fails as `overdue` when something else has thawed one of them meanwhile, the
# watchdog for one: then nobody knows whether the snapshot is of a frozen file system.
# Parameter: SSM_executionId (which snapshot it was for). Prints state, and thawed, the volume id, for each.

# shellcheck source=host/common.sh
. "$(dirname "$0")/common.sh"

freeze_note="$run_dir/freeze"

act() {
  late=''
  [ ! -r "$freeze_note" ] || read -r of frozen <"$freeze_note"
  if [ "${of:-}" = "$execution" ]; then
    for volume_id in $frozen; do [ -e "$run_dir/$volume_id.frozen" ] || late="$late $volume_id"; done
  fi
  for record in "$run_dir"/*.frozen; do
    [ -e "$record" ] || continue
    volume_id="${record##*/}"
    volume_id="${volume_id%.frozen}"
    staging="$root/mnt/remount/$volume_id"
    thaw
    printf 'thawed=%s\n' "$volume_id"
  done
  rm -f "$freeze_note"
  [ -z "$late" ] || fail overdue "thawed before its time:$late"
  printf 'state=thawed\n'
}

need_execution
within "${REMOUNT_DEADLINE:-15}"
