#!/bin/sh
# remount-verb: serve
# Puts a mounted volume into service: writes a fresh canary, switches the link that the web server follows, starts
# that where it does not run, and leaves the marker that makes this instance report. Parameters: SSM_Volume, SSM_VolumeId. Prints serving, canary.

# shellcheck source=host/common.sh
. "$(dirname "$0")/common.sh"
# shellcheck source=host/web.sh
. "$(dirname "$0")/web.sh"
# shellcheck source=host/writer.sh
. "$(dirname "$0")/writer.sh"
# shellcheck source=host/uploads.sh
. "$(dirname "$0")/uploads.sh"

act() {
  make_way
  lock_volume serve 10 || fail busy "something else works on $volume_id here, and does not end"
  put_into_service
}

need_volume
need_volume_id
within "${REMOUNT_DEADLINE:-15}"
