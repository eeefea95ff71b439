#!/bin/sh
# remount-verb: release
# Takes the volume out of service on this instance and unmounts it, dead or alive. What serves another volume under the
# same name is left alone. Never a lazy unmount: a volume that only looks unmounted still has a writer.
# Parameters: SSM_Volume, SSM_VolumeId. Prints state, volumeId.

# shellcheck source=host/common.sh
. "$(dirname "$0")/common.sh"

act() {
  let_go
  if [ -f "$marker" ] && read -r marked <"$marker" && [ "$marked" = "$volume_id" ]; then rm -f "$marker"; fi
  if [ "$(readlink "$link")" = "$staging" ]; then rm -f "$link"; fi

  # A request in flight, or a probe, may hold it for a moment.
  # The second is there only after a check that was killed.
  for mounted in "$staging" "$(check_directory "$volume_id")"; do
    tries=10
    while find_mount "$mounted"; do
      # -c: finding the true path would ask a file system that may be shut down.
      said=$(umount -c "$mounted" 2>&1) && continue
      tries=$((tries - 1))
      [ "$tries" -gt 0 ] || fail busy "$said"
      sleep 0.2
    done
    if [ -d "$mounted" ]; then rmdir "$mounted" 2>/dev/null; fi
  done
  printf 'state=released\nvolumeId=%s\n' "$volume_id"
}

need_volume
need_volume_id
within "${REMOUNT_DEADLINE:-30}"
