#!/bin/sh
# remount-verb: serve
# Puts a mounted volume into service: writes a fresh canary, switches the link that the web server follows, starts
# that where it does not run, and leaves the marker that makes this instance report. Parameters: SSM_Volume, SSM_VolumeId, and where there is a
# journal SSM_Term (0: none), SSM_Bucket, SSM_Region. Prints serving, canary.

# shellcheck source=host/common.sh
. "$(dirname "$0")/common.sh"
# shellcheck source=host/web.sh
. "$(dirname "$0")/web.sh"
# shellcheck source=host/writer.sh
. "$(dirname "$0")/writer.sh"
# shellcheck source=host/uploads.sh
. "$(dirname "$0")/uploads.sh"
# shellcheck source=host/owner.sh
. "$(dirname "$0")/owner.sh"
# shellcheck source=host/journal.sh
. "$(dirname "$0")/journal.sh"

act() {
  make_way
  lock_volume serve 10 || fail busy "something else works on $volume_id here, and does not end"
  need_mounted "$staging"
  take_term
  put_into_service
}

need_volume
need_volume_id
term=0
# Hosts of a stack without a journal are not asked for it.
if [ -n "${SSM_Term+given}" ]; then
  [ "$SSM_Term" = 0 ] || need_term
  need_bucket
fi
within "${REMOUNT_DEADLINE:-15}"
