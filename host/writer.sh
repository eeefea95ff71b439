#!/bin/sh
# Shared by `serve`, `resume` and `release`: what writes the journal of $volume (etc/remount-journal@.service), on hosts of a stack that has
# one. It is no condition of serving.
# shellcheck disable=SC2154 # set in common.sh

has_writer() { [ -f "$root/etc/systemd/system/remount-journal@.service" ]; }

# control_writer <start, stop> [option]: bounded, for a process in I/O that stalls does not end. Sets said.
control_writer() { said=$(timeout 8 systemctl "$@" "remount-journal@$volume.service" 2>&1 7>&-); }

# start_writer: it begins by itself, and nobody waits for it. Prints journaled=false where it cannot even be asked to.
start_writer() {
  has_writer || return 0
  control_writer start --no-block && return 0
  printf 'journaled=false\n'
  printf 'remount: the journal of %s is not written: %s\n' "$volume" "$said" >&2
}

stop_writer() { ! has_writer || control_writer stop; }
