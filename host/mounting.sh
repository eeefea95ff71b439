#!/bin/sh
# Shared by `mount` and `resume`: how a volume comes onto its staging directory. Whoever calls these has its lock, and made way.
# shellcheck disable=SC2034,SC2154 # set and used in other parts

# mount_staged: $volume_id is mounted on $staging afterwards, and is what it is to be.
mount_staged() {
  if find_mount "$staging"; then
    need_own_device "$staging" busy
    need_alive "$staging"
    need_own_name "$staging"
    return 0
  fi
  wait_for_device
  take_refusal
  mount_here
  # Between the two looks the device may have become another one; the whole name can be read only now.
  (need_own_device "$staging" busy && need_own_name "$staging") || {
    code=$?
    unmount_once "$staging" || printf 'remount: it stays mounted: %s\n' "$said" >&2
    exit "$code"
  }
}

# take_refusal: what an earlier mount ended with that went on beyond its verb.
take_refusal() {
  # How a mount ended that nobody waited for any more: for the next that asks.
  refused="$run_dir/$volume_id.refused"
  [ -n "$(find "$refused" -mmin -5 2>/dev/null)" ] || return 0
  said=$(cat "$refused")
  rm -f "$refused"
  refuse_mount "$said"
}

# mount_here: as a child of its own, which whoever ends the holder of the lock can end.
mount_here() {
  need_directory "$staging"
  look_first "$staging" "$reply.label"
  rm -f "$reply.label"
  # nouuid: a volume restored from a snapshot has the UUID of its source, which may be mounted here too.
  mount -t xfs -o nouuid,noatime,nodev,nosuid "$device" "$staging" >"$reply.said" 2>&1 &
  note_holder mount "$!"
  wait "$!"
  mounted=$?
  said=$(cat "$reply.said")
  rm -f "$reply.said"
  mount_source="$device"
  # Somebody else may have been faster: what counts is what is mounted now.
  if [ "$mounted" -eq 0 ] || find_mount "$staging"; then return 0; fi
  if [ -e "$reply.late" ]; then printf '%s\n' "$said" >"$refused"; fi
  refuse_mount "$said"
}
