#!/bin/sh
# Shared by `drain` and `release`: the agent of the journal of files (docs/journal.md), where this host has one.
# shellcheck disable=SC2154 # set in common.sh

# Seconds for each; the agent waits 5 s for S3, and says then that it does not answer.
drain_seconds=25
flush_seconds=10

journal_agent="${REMOUNT_JOURNAL:-remount-journal}"

has_agent() { command -v "$journal_agent" >/dev/null 2>&1; }

# need_term: sets term, bucket and region from SSM_Term (TERM in contract/contract.ts), SSM_Bucket and SSM_Region.
need_term() {
  term="${SSM_Term:-}" bucket="${SSM_Bucket:-}" region="${SSM_Region:-}"
  case "$term" in
    '' | 0* | *[!0-9]*) fail usage "SSM_Term is \"$term\": a whole number from 1" ;;
  esac
  [ "${#term}" -le 15 ] || fail usage "SSM_Term is \"$term\": longer than 15 digits"
  case "$bucket" in '' | *[!a-z0-9.-]*) fail usage "SSM_Bucket is \"$bucket\": the name of a bucket" ;; esac
  case "$region" in '' | *[!a-z0-9-]*) fail usage "SSM_Region is \"$region\": the name of a Region" ;; esac
}

# drain_journal: the agent prints what this verb promises but the volume. What it cannot do is said by what it has not done.
drain_journal() {
  if said=$(timeout "$drain_seconds" "$journal_agent" drain --volume "$volume" --volume-id "$volume_id" --directory "$staging" \
    --term "$term" --bucket "$bucket" --region "$region" --seconds "$drain_seconds" 2>&1 7>&-); then
    printf '%s\nvolumeId=%s\n' "$said" "$volume_id"
    return
  fi
  # What was applied may have run into a file system that is damaged after all.
  need_mounted "$staging"
  fail timeout "the agent of the journal did not end well: $(printf '%s' "$said" | plain | tail -n 1)"
}

# flush_journal: what the agent has heard of is sent, while the volume is still mounted. Prints flushed; nothing where there is no agent.
flush_journal() {
  has_agent || return 0
  flushed=false
  if timeout "$flush_seconds" "$journal_agent" flush --volume "$volume" --volume-id "$volume_id" >/dev/null 2>&1 7>&-; then
    flushed=true
  fi
  printf 'flushed=%s\n' "$flushed"
}
