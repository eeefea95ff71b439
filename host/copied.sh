#!/bin/sh
# Shared by `check` and `bundle`: how a volume that was made from a snapshot is had, alone, out of everybody's sight; and given back.
# shellcheck disable=SC2034,SC2154 # set and used in other parts

# shellcheck disable=SC2317 # called at the end of the job
clear_up() {
  unmount_again || :
  rm -rf "$work"
}

# unmount_again: a process that was just killed may hold it for a moment.
unmount_again() {
  attempts=25
  while find_mount "$scratch"; do
    said=$(umount -c "$scratch" 2>&1) && continue
    attempts=$((attempts - 1))
    [ "$attempts" -gt 0 ] || return 1
    sleep 0.2
  done
  if [ -d "$scratch" ]; then rmdir "$scratch"; fi
}

# fail_damage <message>: what this host cannot read is no verdict, unless the kernel reports damage.
fail_damage() {
  printf '%s\n' "$1" >"$work/said"
  fail_on "$work/said"
}

unmount_or_fail() { unmount_again || fail busy "$said"; }

# mount_here <options>
mount_here() {
  mkdir -p "$scratch"
  [ -n "$1" ] || look_first "$scratch" "$work/label" step
  mount_source="$device"
  step mount -t xfs -o "nouuid,noatime,nodev,nosuid$1" "$device" "$scratch" >"$work/said" 2>&1 || find_mount "$scratch" ||
    refuse_mount "$(head -n 1 "$work/said")"
  need_own_device "$scratch" busy
  need_own_name "$scratch"
}

# refuse_second: two that read at once are each half as fast, and share the memory. Whoever begins leaves a note of itself first and
# looks then, so that of two which begin in the same instant one goes on, or none. One that is past its deadline hangs in I/O that
# stalls, and keeps nobody from anything. Ticks are 100 a second (proc(5), sysconf(_SC_CLK_TCK)).
refuse_second() {
  read -r uptime _ </proc/uptime
  for other in "$run_dir"/check.*.job; do
    if [ "$other" = "$job_file" ] || ! is_running "$other"; then continue; fi
    [ $((${uptime%.*} - since / 100)) -le "$deadline" ] || continue
    other="${other##*/check.}"
    printf 'checking=%s\n' "${other%.job}"
    fail busy "${other%.job} is checked on this host"
  done
}

# name_places: where it is mounted, and kept account of; before the deadline begins. It is one job, whichever verb has it: who needs
# the host, or the volume, ends it.
name_places() {
  scratch=$(check_directory "$volume_id")
  work="$root/var/lib/remount/check.$volume_id"
  job_file="$run_dir/check.$volume_id.job"
  made_way
  way_before="$way"
}

# take_copy <verb>: sets device. The job begins. Needs deadline.
take_copy() {
  if is_marked; then fail busy "$volume_id is what this host is to serve"; fi
  if find_mount "$staging"; then fail busy "$volume_id is mounted on $staging"; fi
  # SendCommand may have been sent twice: the later one takes over. Two that start in the same instant meet at the lock.
  tries_left=20
  until lock_volume "$1" 0.25; do
    end_jobs "$job_file"
    tries_left=$((tries_left - 1))
    [ "$tries_left" -gt 0 ] || fail busy "something else works on $volume_id here"
  done
  begin_job clear_up
  made_way
  [ "$way" = "$way_before" ] || fail interrupted "this host is needed"
  refuse_second
  rm -rf "$work"
  sweep_lists
  mkdir -p "$work"
  log_mark=$(dmesg 2>/dev/null | tail -n 1)
  unmount_or_fail
  wait_for_device
  if find_source "$device"; then fail busy "$volume_id is mounted on $mounted_on"; fi
}
