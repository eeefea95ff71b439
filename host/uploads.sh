#!/bin/sh
# Shared by `serve`, `resume`, `release` and the update: what takes uploads of $volume in (etc/remount-intake@.service), on hosts of a stack that has an
# intake. It is no condition of serving.
# shellcheck disable=SC2154 # set in common.sh

# shellcheck source=host/gauge.sh
. "$(dirname "$0")/gauge.sh"

has_intake() { [ -f "$root/etc/systemd/system/remount-intake@.service" ]; }

# control_intake <what systemctl is asked> [option...]: bounded, for a process in I/O that stalls does not end. Sets said.
control_intake() { said=$(timeout 5 systemctl "$@" "remount-intake@$volume.service" 2>&1 7>&-); }

# start_intake <start, restart>: it begins by itself, and nobody waits for it. Prints taking=false where it cannot even be asked to.
start_intake() {
  has_intake || return 0
  first_gauge IntakeOldestSeconds
  control_intake "$1" --no-block && return 0
  printf 'taking=false\n'
  printf 'remount: uploads for %s are not taken in: %s\n' "$volume" "$said" >&2
}

# end_intake: what it was doing is done again, by whoever owns the volume next. It is not waited for yet.
end_intake() { ! has_intake || control_intake stop --no-block; }

# intake_ended: waits for that, and not for long: it has the volume's root open for moments.
intake_ended() { ! has_intake || control_intake stop; }
