#!/bin/sh
# Shared by the host verbs: parameters, paths, exit codes, mounts, the deadline. See README.md.
# Sourced by every verb; the builder of the SSM documents pastes it in the place of the sourcing line.
# shellcheck disable=SC2034 # set here, used in the verbs

set -u
# Messages are compared below, and ranges such as [a-z] must mean ASCII.
LC_ALL=C
export LC_ALL
PATH="${PATH:-/usr/bin}:/usr/sbin:/sbin:/usr/bin:/bin"
umask 022

root="${REMOUNT_ROOT:-}"
web_user="${REMOUNT_WEB_USER:-nginx}"
run_dir="$root/run/remount"
content_dir="$root/srv/content"
marker_dir="$root/var/lib/remount/serving"
canary_file=".remount/canary"

# fail <state> <message>: prints the state, says why, exits with the state's code (EXIT in lib/contract.ts).
fail() {
  printf 'state=%s\n' "$1"
  printf 'remount: %s\n' "$2" >&2
  case "$1" in
    usage) exit 64 ;;
    noDevice) exit 20 ;;
    notMounted) exit 21 ;;
    shutdown) exit 22 ;;
    unmountable) exit 23 ;;
    noCanary) exit 24 ;;
    unreadable) exit 25 ;;
    notBlank) exit 26 ;;
    timeout) exit 27 ;;
    busy) exit 28 ;;
    corrupt) exit 29 ;;
    altered) exit 30 ;;
    interrupted) exit 31 ;;
    mounting) exit 32 ;;
    foreign) exit 33 ;;
    unfetched) exit 40 ;;
    unwell) exit 41 ;;
    # DLM's own number for "the watchdog thawed before the post script came", see decision 18.
    overdue) exit 203 ;;
  esac
  exit 70
}

# need_volume: sets volume, link, marker from SSM_Volume (VOLUME_NAME in lib/contract.ts).
need_volume() {
  volume="${SSM_Volume:-}"
  case "$volume" in
    '' | ? | *[!a-z0-9-]* | [!a-z]* | *-)
      fail usage "SSM_Volume is \"$volume\": a content volume is named by 2 to 32 of a-z, 0-9 and -, from a letter to a letter or digit" ;;
  esac
  [ "${#volume}" -le 32 ] || fail usage "SSM_Volume is \"$volume\": longer than 32 characters"
  link="$content_dir/$volume"
  marker="$marker_dir/$volume"
}

# is_volume_id <text> (VOLUME_ID in lib/contract.ts)
is_volume_id() {
  case "$1" in
    vol-*[!0-9a-f]* | vol-) return 1 ;;
    vol-*) [ "${#1}" -ge 12 ] && [ "${#1}" -le 21 ] ;;
    *) return 1 ;;
  esac
}

# need_volume_id: sets volume_id, staging, device from SSM_VolumeId.
need_volume_id() {
  volume_id="${SSM_VolumeId:-}"
  is_volume_id "$volume_id" || fail usage "SSM_VolumeId is \"$volume_id\": an EBS volume id is vol- and 8 to 17 hexadecimal digits"
  staging="$root/mnt/remount/$volume_id"
  # The NVMe serial number of an EBS volume is its id without the dash; udev makes the link from it.
  device="$root/dev/disk/by-id/nvme-Amazon_Elastic_Block_Store_vol${volume_id#vol-}"
}

# need_execution: sets execution from SSM_executionId: which snapshot a freeze is for.
need_execution() {
  execution="${SSM_executionId:-None}"
  case "$execution" in
    None) return 0 ;;
    *[!0-9a-fA-F-]*) ;;
    ????????-????-????-????-????????????) return 0 ;;
  esac
  fail usage "SSM_executionId is \"$execution\": None, or a UUID"
}

# wait_for_device: udev makes the link a moment after EC2 calls the volume attached.
wait_for_device() {
  tries=$((${REMOUNT_DEVICE_WAIT:-5} * 5))
  while [ ! -b "$device" ]; do
    [ "$tries" -gt 0 ] || fail noDevice "$volume_id is not on this instance: no device $device"
    tries=$((tries - 1))
    sleep 0.2
  done
}

# find_mount <directory>: whether it is mounted; sets mount_source. Reads the kernel's list and not the directory,
# which a shut-down XFS answers with EIO and a stalled volume not at all.
find_mount() {
  mount_source=''
  while read -r source directory _; do
    [ "$directory" = "$1" ] && mount_source="$source"
  done </proc/self/mounts
  [ -n "$mount_source" ]
}

# find_source <device>: whether it is mounted anywhere; sets mounted_on.
find_source() {
  mounted_on=''
  while read -r source directory _; do
    [ "$source" = "$1" ] && mounted_on="$directory"
  done </proc/self/mounts
  [ -n "$mounted_on" ]
}

# is_alive <directory>: XFS answers stat() with EIO once it is shut down, also from its caches.
is_alive() { [ -d "$1/." ]; }

# kernel_line: the last that the kernel complained of about XFS on mount_source, where its log may be read.
kernel_line() {
  line=$(dmesg 2>/dev/null | grep -F "XFS (${mount_source##*/})" | grep -E 'Shutting down|Corruption|Failed|Error' | tail -n 1)
  [ -z "$line" ] || printf 'kernel=%s\n' "$line"
}

# as_web_user <command...>: setpriv leaves no session in the logs, which runuser does at every probe.
as_web_user() {
  if command -v setpriv >/dev/null; then
    setpriv --reuid="$web_user" --regid="$web_group" --init-groups -- "$@"
  else
    runuser -u "$web_user" -- "$@"
  fi
}

need_web_user() {
  web_group=$(id -g "$web_user" 2>/dev/null) || fail usage "REMOUNT_WEB_USER is \"$web_user\": no such user"
}

# fail_read <what> <message>: a read as the web user failed; the message says with which errno.
fail_read() {
  case "$2" in
    *'Input/output error'* | *'Structure needs cleaning'* | *'No such device'*)
      kernel_line
      fail shutdown "$1: $2" ;;
    *'No such file'*) fail noCanary "$1: $2" ;;
  esac
  fail unreadable "$1, as $web_user: $2"
}

# read_canary <root of the content>: sets canary. Needs need_web_user.
read_canary() {
  canary=$(as_web_user cat "$1/$canary_file" 2>&1) || fail_read "canary" "$canary"
  case "$canary" in
    [0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]T[0-9][0-9]:[0-9][0-9]:*Z) ;;
    *) fail noCanary "the canary holds no time" ;;
  esac
}

# write_canary <root of the content>: sets written and full. Written aside, synced, renamed, synced: whoever reads it, a
# snapshot included, finds a whole one, and the last. A full volume still serves, so that is not a failure.
write_canary() {
  written="${REMOUNT_NOW:-$(date -u +%Y-%m-%dT%H:%M:%SZ)}"
  full=''
  aside="$1/$canary_file.tmp.$$"
  if said=$(printf '%s\n' "$written" | dd of="$aside" conv=fsync status=none 2>&1) &&
    said=$(mv -f "$aside" "$1/$canary_file" 2>&1) &&
    said=$(sync "$1/.remount" 2>&1); then
    return 0
  fi
  rm -f "$aside" 2>/dev/null
  case "$said" in
    *'No space left'* | *'quota exceeded'*) full=yes ;;
    *'Input/output error'* | *'Structure needs cleaning'* | *'Read-only file system'* | *'No such device'*)
      kernel_line
      fail shutdown "canary not written: $said" ;;
    *) fail unreadable "canary not written: $said" ;;
  esac
}

# grow: the file system takes all of its device, online; a file system that has it already stays as it is. Sets said.
grow() { said=$(xfs_growfs -d "$staging" 2>&1); }

# birth <process id>: the time it started, in clock ticks: with it, an id that was given away again is told apart.
birth() {
  read -r stat <"/proc/$1/stat" || return 1
  # shellcheck disable=SC2086 # split on purpose; the name in brackets may hold blanks, so it is cut off first
  set -- ${stat##*) }
  [ "$#" -ge 20 ] || return 1
  shift 19
  printf '%s\n' "$1"
}

# What may take long and is never urgent (`check`, `index`) is a job: it writes its process id and birth into
# $run_dir/<name>.job, works in steps, and ends at once when it is told to (SIGTERM).

# begin_job <what to do at the end>: from here on this very (sub)shell is the job of $job_file, and the first that the
# kernel kills when memory runs short.
begin_job() {
  step=''
  read -r job _ </proc/self/stat
  printf '%s %s\n' "$job" "$(birth "$job")" >"$job_file"
  echo 1000 >/proc/self/oom_score_adj
  # Where a step is under way, the shell's own output is redirected, too.
  exec 8>&1 9>&2
  trap 'exec >&8 2>&9; end_step; fail interrupted "stopped: this host is needed"' TERM
  # shellcheck disable=SC2064 # expanded now, on purpose
  trap "$1; rm -f '$job_file'" EXIT
}

# step <command...>: runs it in a process group of its own, which ends with the job, behind everybody else's work. The
# shell waits for it in `wait`, the one place where a signal reaches it at once. Exits with the command's code.
step() {
  { setsid nice -n 19 ionice -c 3 "$@" <&3 3<&- & } 3<&0
  step=$!
  { wait "$step"; } 2>/dev/null
  ended=$?
  step=''
  return "$ended"
}

end_step() {
  trap '' TERM
  [ -n "$step" ] || return 0
  # The group is not there yet in the first moment.
  kill -s KILL -- "-$step" 2>/dev/null || kill -s KILL "$step" 2>/dev/null
  # A mount that is under way ends first, and is then undone.
  { wait "$step"; } 2>/dev/null
}

# is_running <job file>: sets running, its process id.
is_running() {
  read -r running since 2>/dev/null <"$1" || return 1
  [ "$(birth "$running" 2>/dev/null)" = "$since" ]
}

# end_jobs <job file...>: tells them to end and waits until they have cleared up; 5 s at most, for one whose volume
# stalled does not end.
end_jobs() {
  for each in "$@"; do if is_running "$each"; then kill -s TERM "$running" 2>/dev/null; fi; done
  tries=100
  for each in "$@"; do
    while is_running "$each" && [ "$tries" -gt 0 ]; do
      tries=$((tries - 1))
      sleep 0.05
    done
  done
}

# A freeze leaves a record, $run_dir/<volume id>.frozen: until when it may last (Unix seconds), the process ids of its
# watchdog and of the watchdog's timer, and which snapshot it is for. Next to it .code: how fsfreeze ended, once it has.

# watched <record>: whether its watchdog lives; sets watchdog.
watched() {
  read -r _ watchdog _ 2>/dev/null <"$1" || return 1
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
  read -r until _ 2>/dev/null <"$run_dir/$volume_id.frozen" || return 1
  [ "$(seconds_now)" -ge "$until" ] || return 0
  thaw
  return 1
}

# seconds_now: Unix seconds; rehearsals set the time.
seconds_now() { date -u -d "${REMOUNT_NOW:-now}" +%s; }

# make_way: whoever mounts or serves $volume_id has the host to itself, and a file system that takes writes: one that is
# frozen would hang the canary.
make_way() {
  rm -f "$run_dir/$volume_id.leaving"
  thaw
  end_jobs "$run_dir"/*.job
}

# let_go: nothing works on $volume_id any more, and nothing of it stays frozen, and held, when it is unmounted. What works on
# other volumes goes on: drills of many volumes share a host.
let_go() {
  thaw
  end_jobs "$run_dir/check.$volume_id.job" "$run_dir/index.$volume_id.job"
  sweep_lists
}

# sweep_lists: those of checks that were killed, on whichever volume.
sweep_lists() {
  for lists in "$root/var/lib/remount"/check.*; do
    is_running "$run_dir/${lists##*/}.job" || rm -rf "$lists"
  done
}

# refuse_if_stuck: an earlier check of $volume_id still hangs: another would only be one more process that nobody can kill.
refuse_if_stuck() {
  stuck="$run_dir/$volume_id.stuck"
  [ -r "$stuck" ] || return 0
  read -r stuck_pid stuck_birth <"$stuck" || return 0
  [ "$(birth "$stuck_pid" 2>/dev/null)" = "$stuck_birth" ] || return 0
  fail timeout "an earlier check of $volume_id still hangs (process $stuck_pid)"
}

# pass_on <file>: as cat does, without a process: the probe runs every 10 s.
pass_on() { while IFS= read -r told_line; do printf '%s\n' "$told_line"; done <"$1"; }

# check_directory <volume id>: where `check` mounts it.
check_directory() { printf '%s\n' "$root/mnt/remount/check.$1"; }

# within <seconds>: runs the verb's act() in a child, prints what it printed, exits with its code; or, past the deadline,
# with that of timeout. EBS I/O that stalls hangs for ever (the NVMe timeout on Amazon Linux is 4294967295), and a
# process in it cannot be killed, so nothing here waits for the child: it waits for a sleep, which the child ends.
within() {
  [ -d "$run_dir" ] || mkdir -p "$run_dir"
  told="$run_dir/told.$$"
  sleep "$1" >/dev/null 2>&1 &
  alarm=$!
  {
    (act >"$told" 2>"$told.err")
    echo "$?" >"$told.code"
    if [ -e "$told.late" ]; then
      # The caller is long gone, and the alarm's process id may be another's by now.
      rm -f "$told" "$told.err" "$told.code" "$told.late" "${stuck:-$told.late}"
    else
      kill "$alarm"
    fi
  } </dev/null >/dev/null 2>&1 &
  child=$!
  # The shell would announce the killed sleep.
  { wait "$alarm"; } 2>/dev/null
  if [ ! -e "$told.code" ]; then
    : >"$told.late"
    [ -z "${stuck:-}" ] || printf '%s %s\n' "$child" "$(birth "$child")" >"$stuck"
    pass_on "$told.err" >&2
    if [ -n "${job_file:-}" ]; then end_jobs "$job_file"; fi
    fail timeout "no end within $1 s"
  fi
  read -r code <"$told.code"
  pass_on "$told"
  pass_on "$told.err" >&2
  rm -f "$told" "$told.err" "$told.code"
  exit "$code"
}
