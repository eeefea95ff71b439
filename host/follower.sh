#!/bin/sh
# Shared by `follow`, `drain`, `release` and whatever serves: what applies the journal onto $volume_id while that is a spare (etc/remount-spare@.service), on
# hosts of a stack that has a journal. Nothing waits for it, and it keeps nobody from using the spare.
# shellcheck disable=SC2154 # set in common.sh

has_follower() { [ -f "$root/etc/systemd/system/remount-spare@.service" ]; }

# control_follower <what systemctl is asked> [option...]: bounded, for a process in I/O that stalls does not end. Sets said.
# shellcheck disable=SC2034 # for whoever calls
control_follower() { said=$(timeout 5 systemctl "$@" "remount-spare@$volume_id.service" 2>&1 7>&-); }

# stop_follower: from now on it writes nothing. Killed, where it cannot be stopped: in I/O that stalls it does no more than what is under way.
stop_follower() { ! has_follower || control_follower stop || control_follower kill -s KILL || :; }

# end_spare: $volume_id is about to serve. Where nobody has drained it, it ends here, and at once; and what was noted of the volume as a spare counts no
# more: copies of it are no spares that somebody may go on with.
end_spare() {
  if has_follower; then
    control_follower kill -s KILL || :
    control_follower stop --no-block || :
  fi
  rm -f "$staging"/.remount/spare/tree*
}
