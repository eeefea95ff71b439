#!/bin/sh
# remount-verb: mount
# Mounts the volume on its staging directory, where nobody sees it until `serve`. A mount that takes longer goes on by itself,
# and whoever asks again waits for the same one (README.md).
# Parameters: SSM_Volume, SSM_VolumeId. Prints state, volumeId; progress where it has not ended.

# shellcheck source=host/common.sh
. "$(dirname "$0")/common.sh"

deadline="${REMOUNT_DEADLINE:-60}"

# late: the mount goes on, and moves; or nobody knows.
late() {
  find_device || :
  sectors_moved
  printf 'progress=%s\n' "$moved"
  if [ "$moved" -gt "$began" ]; then fail mounting "$volume_id is being mounted, and its device is at work"; fi
  fail timeout "no end within $1 s, and nothing moves on ${device:-no device}"
}

# take_refusal: what an earlier mount ended with that went on beyond its verb.
take_refusal() {
  [ -n "$(find "$refused" -mmin -5 2>/dev/null)" ] || return 0
  said=$(cat "$refused")
  rm -f "$refused"
  refuse_mount "$said"
}

# mount_here: as a child of its own, which whoever ends the holder of the lock can end.
mount_here() {
  need_directory "$staging"
  # nouuid: a volume restored from a snapshot has the UUID of its source, which may be mounted here too.
  mount -t xfs -o nouuid,noatime,nodev,nosuid "$device" "$staging" >"$told.said" 2>&1 &
  note_holder mount "$!"
  wait "$!"
  mounted=$?
  said=$(cat "$told.said")
  rm -f "$told.said"
  mount_source="$device"
  # Somebody else may have been faster: what counts is what is mounted now.
  if [ "$mounted" -eq 0 ] || find_mount "$staging"; then return 0; fi
  if [ -e "$told.late" ]; then printf '%s\n' "$said" >"$refused"; fi
  refuse_mount "$said"
}

act() {
  make_way
  if ! lock_volume mount $((deadline * 5 / 6)); then
    if find_holder && [ "$holder" = mount ]; then late "$deadline"; fi
    fail busy "${holder:-something} works on $volume_id here, and does not end"
  fi
  if find_mount "$staging"; then
    need_own_device "$staging" busy
    need_alive "$staging"
    need_own_name "$staging"
  else
    wait_for_device
    take_refusal
    mount_here
    # Between the two looks the device may have become another one; the name can be read only now.
    (need_own_device "$staging" busy && need_own_name "$staging") || {
      code=$?
      unmount_once "$staging" || printf 'remount: it stays mounted: %s\n' "$said" >&2
      exit "$code"
    }
  fi
  printf 'state=mounted\nvolumeId=%s\n' "$volume_id"
}

need_volume
need_volume_id
# How a mount ended that nobody waited for any more: for the next that asks.
refused="$run_dir/$volume_id.refused"
find_device || :
sectors_moved
began="$moved"
within "${REMOUNT_DEADLINE:-60}"
