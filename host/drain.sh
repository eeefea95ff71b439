#!/bin/sh
# remount-verb: drain
# Seals the journal of files with the term of a new owner, and reads what it has onto the volume, which is mounted and served by nobody. The
# agent does both. Nothing of it is a condition of serving: S3 that does not answer is an answer.
# Parameters: SSM_Volume, SSM_VolumeId, SSM_Term, SSM_Bucket, SSM_Region. Prints state (how far it came), number (up to which it read), head (of
# the seal), files (applied), missing (numbers that were not read, where anybody knows), upTo (each change before it is in what was read), volumeId.

# shellcheck source=host/common.sh
. "$(dirname "$0")/common.sh"
# shellcheck source=host/owner.sh
. "$(dirname "$0")/owner.sh"
# shellcheck source=host/journal.sh
. "$(dirname "$0")/journal.sh"
# shellcheck source=host/follower.sh
. "$(dirname "$0")/follower.sh"

act() {
  need_mounted "$staging"
  lock_volume drain 10 || fail busy "something else works on $volume_id here, and does not end"
  if ! has_agent; then
    printf 'state=none\nnumber=0\nfiles=0\nmissing=0\nvolumeId=%s\n' "$volume_id"
    return
  fi
  # From here on one alone applies. What it has begun is done again.
  stop_follower
  drain_journal
}

need_volume
need_volume_id
need_term
need_bucket
within "${REMOUNT_DEADLINE:-36}"
