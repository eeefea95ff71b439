#!/bin/sh
# A verb answers in time, whatever hangs.
# shellcheck disable=SC2034,SC2154 # set and used in other parts

# refuse_if_stuck: an earlier check of $volume_id still hangs: another would only be one more process that nobody can kill.
refuse_if_stuck() {
  stuck="$run_dir/$volume_id.stuck"
  [ -r "$stuck" ] || return 0
  { read -r stuck_pid stuck_birth <"$stuck"; } 2>/dev/null || return 0
  [ "$(birth "$stuck_pid" 2>/dev/null)" = "$stuck_birth" ] || return 0
  fail timeout "an earlier check of $volume_id still hangs (process $stuck_pid)"
}

# pass_on <file>: as cat does, without a process: the probe runs every 10 s.
pass_on() { while IFS= read -r answer_line; do printf '%s\n' "$answer_line"; done <"$1"; }

# find_place: sets reply, where a verb's answer has room: in memory, or on the host's own disk where /run is full or missing.
find_place() {
  for place in "$run_dir" "$root/var/lib/remount" "$root/dev/shm" "$root/tmp"; do
    reply="$place/reply.$$"
    { mkdir -p "$place" && printf '%16384s' '' >"$reply" && : >"$reply"; } 2>/dev/null && return 0
    rm -f "$reply" 2>/dev/null
  done
  fail usage "this host has no room for a verb's answer: neither /run nor its own disk can be written"
}

# late <seconds>: what a verb answers that has not ended. `mount` has another answer.
late() { fail timeout "no end within $1 s"; }

# within <seconds>: runs the verb's act() in a child, prints what it printed, exits with its code; or, past the deadline,
# with what `late` says. EBS I/O that stalls hangs for ever (the NVMe timeout on Amazon Linux is 4294967295), and a
# process in it cannot be killed, so nothing here waits for the child: it waits for a sleep, which the child ends.
within() {
  find_place
  sleep "$1" >/dev/null 2>&1 &
  alarm=$!
  {
    (act >"$reply" 2>"$reply.err")
    echo "$?" >"$reply.code"
    if [ -e "$reply.late" ]; then
      # The caller is long gone, and the alarm's process id may be another's by now.
      rm -f "$reply" "$reply.err" "$reply.code" "$reply.late" "${stuck:-$reply.late}"
    else
      kill "$alarm"
    fi
  } </dev/null >/dev/null 2>&1 &
  child=$!
  # The shell would announce the killed sleep.
  { wait "$alarm"; } 2>/dev/null
  if [ ! -e "$reply.code" ]; then
    { true >"$reply.late"; } 2>/dev/null
    [ -z "${stuck:-}" ] || { printf '%s %s\n' "$child" "$(birth "$child")" >"$stuck"; } 2>/dev/null
    pass_on "$reply.err" >&2
    if [ -n "${job_file:-}" ]; then end_jobs "$job_file"; fi
    late "$1"
  fi
  code=''
  read -r code <"$reply.code"
  pass_on "$reply"
  pass_on "$reply.err" >&2
  rm -f "$reply" "$reply.err" "$reply.code"
  is_answer "$code" || fail usage "this host cannot run the verb (exit ${code:-unknown: no room to say it})"
  exit "$code"
}
