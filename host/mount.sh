#!/bin/sh
# remount-verb: mount
# Mounts the volume on its staging directory, where nobody sees it until `serve`. A mount that takes longer goes on by itself,
# and whoever asks again waits for the same one (README.md).
# Parameters: SSM_Volume, SSM_VolumeId. Prints state, volumeId; progress where it has not ended.

# shellcheck source=host/common.sh
. "$(dirname "$0")/common.sh"
# shellcheck source=host/mounting.sh
. "$(dirname "$0")/mounting.sh"

deadline="${REMOUNT_DEADLINE:-60}"

# late: the mount goes on, and moves; or nobody knows.
late() {
  find_device || :
  sectors_moved
  printf 'progress=%s\n' "$moved"
  if [ "$moved" -gt "$began" ]; then fail mounting "$volume_id is being mounted, and its device is at work"; fi
  fail timeout "no end within $1 s, and nothing moves on ${device:-no device}"
}

act() {
  make_way
  if ! lock_volume mount $((deadline * 5 / 6)); then
    if find_holder && [ "$holder" = mount ]; then late "$deadline"; fi
    fail busy "${holder:-something} works on $volume_id here, and does not end"
  fi
  mount_staged
  printf 'state=mounted\nvolumeId=%s\n' "$volume_id"
}

need_volume
need_volume_id
find_device || :
sectors_moved
began="$moved"
within "${REMOUNT_DEADLINE:-60}"
