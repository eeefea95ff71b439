#!/bin/sh
# What works on a volume one at a time: jobs, which may take long and are never urgent (`check`, `index`), and locks.
# shellcheck disable=SC2034,SC2154 # set and used in other parts

# birth <process id>: the time it started, in clock ticks: with it, an id that was given away again is kept apart.
birth() {
  { read -r stat <"/proc/$1/stat"; } 2>/dev/null || return 1
  # shellcheck disable=SC2086 # split on purpose; the name in brackets may hold blanks, so it is cut off first
  set -- ${stat##*) }
  [ "$#" -ge 20 ] || return 1
  shift 19
  printf '%s\n' "$1"
}

# own_process: sets own, the process id of this very (sub)shell.
own_process() { read -r own _ </proc/self/stat; }

# A volume's lock, $run_dir/<volume id>.lock: whoever mounts, unmounts, formats, checks or begins to serve it has that. The
# kernel's own (flock(2)), on descriptor 7: it goes with the last process that has it, the mount(8) included that its verb did
# not wait for, for that is still at work. In the file stands who has it: verb, process id, birth, and the child to end first.

# take_lock <file> <seconds>: whether it is had; of one that holds it for so long, only that it does.
take_lock() {
  need_tools flock
  need_directory "${1%/*}"
  # `command`, for where a redirection of `exec` fails, the shell exits.
  { command exec 7>>"$1"; } 2>/dev/null || fail usage "no lock can be made on this host: $1"
  flock -w "$2" 7
}

# lock_volume <verb> <seconds>: of $volume_id.
lock_volume() {
  lock="$run_dir/$volume_id.lock"
  take_lock "$lock" "$2" || return 1
  note_holder "$1"
}

# note_holder <verb> <child>
note_holder() {
  own_process
  { printf '%s %s %s %s\n' "$1" "$own" "$(birth "$own")" "${2:-}" >"$lock"; } 2>/dev/null || :
}

# find_holder: of $lock, where it still lives; sets holder (its verb), holder_id and holder_child.
find_holder() {
  holder='' holder_id='' holder_child=''
  { read -r holder holder_id holder_birth holder_child <"$lock"; } 2>/dev/null || return 1
  [ -n "$holder_child" ] || [ "$(birth "$holder_id")" = "$holder_birth" ]
}

# end_holder: of a lock that a mount, or a verb that hangs in umount(2), holds. Killed, so that nothing comes after.
end_holder() {
  lock="$run_dir/$volume_id.lock"
  find_holder || return 0
  case "$holder" in mount | format | serve | release | resume) ;; *) return 0 ;; esac
  if [ "$(birth "$holder_id")" = "$holder_birth" ]; then kill -s KILL "$holder_id" 2>/dev/null; fi
  if [ -n "$holder_child" ] && grep -qsx mount "/proc/$holder_child/comm"; then kill -s KILL "$holder_child" 2>/dev/null; fi
}

# A job writes its process id and birth into $run_dir/<name>.job, works in steps, and ends at once when it is asked to (SIGTERM).

# begin_job <what to do at the end>: from here on this very (sub)shell is the job of $job_file, and the first that the
# kernel kills when memory runs short.
begin_job() {
  step=''
  own_process
  # One that nobody could end would be in the way of a heal.
  { printf '%s %s\n' "$own" "$(birth "$own")" >"$job_file"; } 2>/dev/null || fail usage "no job can be noted on this host: $job_file"
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
  { read -r running since <"$1"; } 2>/dev/null || return 1
  [ "$(birth "$running" 2>/dev/null)" = "$since" ]
}

# end_jobs <job file...>: asks them to end and waits until they have cleared up; 5 s at most, for one whose volume
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

# made_way: sets way, what those who need the host, or $volume_id, have last left: a job that begins at the same moment, and so
# was not yet there to be ended, sees it.
made_way() {
  way=''
  for each in "$run_dir/way" "$run_dir/$volume_id.way"; do
    read_way=''
    { read -r read_way <"$each"; } 2>/dev/null || :
    way="$way/$read_way"
  done
}

# leave_way <file>
leave_way() {
  read -r uptime _ </proc/uptime
  { mkdir -p "$run_dir" && printf '%s %s\n' "$uptime" "$$" >"$1"; } 2>/dev/null || :
}

# make_way: whoever mounts or serves $volume_id has the host to itself, and a file system that takes writes: one that is
# frozen would hang the canary.
make_way() {
  rm -f "$run_dir/$volume_id.leaving"
  thaw
  leave_way "$run_dir/way"
  end_jobs "$run_dir"/*.job
}

# let_go: nothing works on $volume_id any more, and nothing of it stays frozen, and held, when it is unmounted. What works on
# other volumes goes on: drills of many volumes share a host.
let_go() {
  thaw
  leave_way "$run_dir/$volume_id.way"
  end_jobs "$run_dir/check.$volume_id.job" "$run_dir/index.$volume_id.job"
  sweep_lists
}

# sweep_lists: those of checks that were killed, on whichever volume.
sweep_lists() {
  for lists in "$root/var/lib/remount"/check.*; do
    is_running "$run_dir/${lists##*/}.job" || rm -rf "$lists"
  done
}

# check_directory <volume id>: where `check` mounts it.
check_directory() { printf '%s\n' "$root/mnt/remount/check.$1"; }
