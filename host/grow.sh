#!/bin/sh
# remount-verb: grow
# The file system takes all of its volume, which was made larger. It has it already: nothing to do.
# Parameters: SSM_Volume, SSM_VolumeId. Prints state, volumeId.

# shellcheck source=host/common.sh
. "$(dirname "$0")/common.sh"

act() {
  need_mounted "$staging"
  if ! grow; then
    case "$said" in *'Input/output error'* | *'Structure needs cleaning'*) fail shutdown "$said" ;; esac
    fail busy "$said"
  fi
  printf 'state=grown\nvolumeId=%s\n' "$volume_id"
}

need_volume
need_volume_id
within "${REMOUNT_DEADLINE:-30}"
