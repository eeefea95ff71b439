#!/bin/sh
# remount-verb: verify
# Checks a mounted volume before it serves: the canary is there, and how the web server's user finds the content.
# Parameters: SSM_Volume, SSM_VolumeId. Prints state, volumeId, canary (the time it holds: how far the data reach),
# files (regular files outside .remount), filesComplete (false: the count was cut off by its deadline), and unreadable (files
# and directories that this user may not read; they were so while they served, which is no fault).

# shellcheck source=host/common.sh
. "$(dirname "$0")/common.sh"

act() {
  need_mounted "$staging"
  read_canary "$staging"
  name_volume
  printf 'canary=%s\n' "$canary"
  # A volume fresh from a snapshot loads its blocks on first touch: counting may take long, and is not worth the wait.
  weigh_survey "$(survey "$staging")"
  [ -z "$damage" ] || fail_read content "$damage"
  printf 'files=%s\nunreadable=%s\nfilesComplete=%s\nstate=verified\n' "$files" "$unreadable" "$counted_all"
}

need_volume
need_volume_id
need_web_user
within "${REMOUNT_DEADLINE:-30}"
