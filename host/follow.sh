#!/bin/sh
# remount-verb: follow
# Has the agent of the journal apply what the owner writes onto a spare, which is attached here and served by nobody: mounts it where nobody sees it, and
# starts the unit that does it. Done already: says how far it is. Ends no check, and leaves alone what this host serves, what a takeover was begun
# on, and what was just released to be taken off.
# Parameters: SSM_Volume, SSM_VolumeId, SSM_Bucket, SSM_Region. Prints state, volumeId; headAt (a time at which it had all that the journal has), where it was ever so.

# shellcheck source=host/common.sh
. "$(dirname "$0")/common.sh"
# shellcheck source=host/mounting.sh
. "$(dirname "$0")/mounting.sh"
# shellcheck source=host/journal.sh
. "$(dirname "$0")/journal.sh"
# shellcheck source=host/follower.sh
. "$(dirname "$0")/follower.sh"
# shellcheck source=host/gauge.sh
. "$(dirname "$0")/gauge.sh"

# need_spare: it may be mounted here and written to by the agent.
need_spare() {
  if is_marked; then fail busy "$volume_id is what this host is to serve"; fi
  if is_taken; then fail busy "a takeover has begun on $volume_id: it is no spare any more"; fi
  # `release` leaves these; what comes next is that it is detached, and a detachment of what is mounted does not end.
  if [ -e "$run_dir/$volume_id.leaving" ] || [ -n "$(find "$run_dir/$volume_id.way" -mmin "-${REMOUNT_AWAY_MINUTES:-1}" 2>/dev/null)" ]; then
    fail interrupted "$volume_id was just released"
  fi
}

# first_lag: of the first spare that is followed here, that it lags by nothing.
first_lag() {
  [ ! -e "$followed_note" ] || return 0
  first_gauge SpareLag
  { true >"$followed_note"; } 2>/dev/null || :
}

act() {
  if ! has_agent || ! has_follower; then
    printf 'state=none\nvolumeId=%s\n' "$volume_id"
    return
  fi
  find_journal_settings
  lock_volume follow 10 || fail busy "something else works on $volume_id here"
  # Under the lock: whoever needs it has had it, and left its mark.
  need_spare
  mount_staged
  note_holder follow
  write_journal_settings
  first_lag
  control_follower start --no-block || fail timeout "the agent cannot be started: $said"
  timeout 5 "$journal_agent" status "$journal_settings" 2>/dev/null 7>&- | grep '^headAt=' || :
  printf 'state=following\nvolumeId=%s\n' "$volume_id"
}

need_volume
need_volume_id
need_bucket
followed_note="$root/var/lib/remount/journal/$volume.followed"
within "${REMOUNT_DEADLINE:-40}"
