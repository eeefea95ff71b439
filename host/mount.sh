#!/bin/sh
# remount-verb: mount
# Mounts the volume on its staging directory, where nobody sees it until `serve`.
# Parameters: SSM_Volume, SSM_VolumeId. Prints state, volumeId.

# shellcheck source=host/common.sh
. "$(dirname "$0")/common.sh"

act() {
  make_way
  if find_mount "$staging"; then
    if ! is_alive "$staging"; then
      kernel_line
      fail shutdown "$volume_id is mounted on $staging, but shut down: release it first"
    fi
    # After a forced detach and a new attachment the same volume is another device, and the old mount is a ghost.
    if [ -b "$device" ] && [ "$(readlink -f "$device")" != "$mount_source" ]; then
      fail shutdown "$staging is mounted from $mount_source, which is not $volume_id any more: release it first"
    fi
  else
    wait_for_device
    mount_source=$(readlink -f "$device")
    mkdir -p "$staging"
    # nouuid: a volume restored from a snapshot has the UUID of its source, which may be mounted here too.
    if ! said=$(mount -t xfs -o nouuid,noatime,nodev,nosuid "$device" "$staging" 2>&1); then
      kernel_line
      case "$said" in *busy*) fail busy "$said" ;; esac
      fail unmountable "$said"
    fi
  fi
  printf 'state=mounted\nvolumeId=%s\n' "$volume_id"
}

need_volume
need_volume_id
within "${REMOUNT_DEADLINE:-60}"
