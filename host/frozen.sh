#!/bin/sh
# What is frozen for a snapshot (`freeze`), and how that ends.
# shellcheck disable=SC2034,SC2154 # set and used in other parts

# A freeze leaves a record, $run_dir/<volume id>.frozen: until when it may last (Unix seconds), the process ids of its
# watchdog and of the watchdog's timer, and which snapshot it is for. Next to it .code: how fsfreeze ended, once it has.

# watched <record>: whether its watchdog lives; sets watchdog.
watched() {
  { read -r _ watchdog _ <"$1"; } 2>/dev/null || return 1
  grep -qs remount-watchdog "/proc/$watchdog/cmdline"
}

# thaw: of $volume_id on $staging, whoever froze it; ok where nothing is frozen. A freeze that is still under way (no .code
# yet) cannot be undone: it stays its watchdog's.
thaw() {
  record="$run_dir/$volume_id.frozen"
  under_way=''
  if [ ! -e "$record.code" ] && watched "$record"; then under_way=yes; fi
  if fsfreeze --unfreeze "$staging" 2>/dev/null || [ -z "$under_way" ]; then
    if watched "$record"; then kill -s KILL -- "-$watchdog"; fi
    rm -f "$record" "$record.code" "$record.said"
  fi
}

# is_frozen: whether $volume_id is frozen for a snapshot just now. What is frozen for too long has lost its watchdog: thawed.
is_frozen() {
  { read -r until _ <"$run_dir/$volume_id.frozen"; } 2>/dev/null || return 1
  [ "$(seconds_now)" -ge "$until" ] || return 0
  thaw
  return 1
}
