#!/bin/sh
# Shared by `drain`, `serve`, `release`, `write`, `follow` and `spare`: the agent of the journal of files (docs/journal.md; `host/agent/`), where this host has one.
# shellcheck disable=SC2154 # set in common.sh

# shellcheck source=host/bucket.sh
. "$(dirname "$0")/bucket.sh"

# Seconds for each; the agent waits 5 s for S3, and says then that it does not answer.
drain_seconds="${REMOUNT_DRAIN_SECONDS:-25}"
flush_seconds="${REMOUNT_FLUSH_SECONDS:-10}"

journal_agent="${REMOUNT_JOURNAL:-remount-journal}"

has_agent() { command -v "$journal_agent" >/dev/null 2>&1; }

# need_term: sets term from SSM_Term (TERM in contract/contract.ts).
need_term() {
  term="${SSM_Term:-}"
  case "$term" in
    '' | 0* | *[!0-9]*) fail usage "SSM_Term is \"$term\": a whole number from 1" ;;
  esac
  [ "${#term}" -le 15 ] || fail usage "SSM_Term is \"$term\": longer than 15 digits"
}

# find_journal_settings: sets journal_settings, the agent's own file for $volume_id on the root disk.
find_journal_settings() {
  journal_state="$root/var/lib/remount/journal/$volume_id"
  journal_settings="$journal_state/settings.json"
  # There as long as a takeover has left something, and no writer listens yet.
  journal_late="$journal_state/late"
}

# left_term: prints the term with which this host writes to $volume_id. A takeover has left it in the settings (`drain`). Whoever has served since
# before there was a journal has 0, which no takeover is given; where that is wrong, the marker on the volume says so.
left_term() {
  left=$(sed -n "s/.*\"term\":\([0-9]*\),\"writer\":\"$self\".*/\1/p" "$journal_settings" 2>/dev/null)
  printf '%s\n' "${left:-0}"
}

# take_term: where `drain` never came here, what it would have left, with $term (0: none): a writer without the term of its takeover would write what
# nobody reads. For a short while it applies what there is. Whatever comes of that, $volume_id is served.
take_term() {
  if [ "$term" = 0 ] || ! has_agent; then return 0; fi
  find_journal_settings
  # Whoever wrote it: no two runs of `drain` have the same term, so nobody need be asked who this host is.
  taken=$(sed -n 's/.*"term":\([0-9]*\),.*/\1/p' "$journal_settings" 2>/dev/null)
  [ "${taken:-0}" -lt "$term" ] || return 0
  stop_follower
  drain_seconds=5
  (drain_journal) >/dev/null 2>&1 || :
}

# is_taken: a takeover was begun on $volume_id here, or it was served: its settings have a term, which a spare's have not.
is_taken() { grep -qs '"term":' "$journal_settings"; }

# write_journal_settings: what the agent has to know, now and when it is started again, after a reboot too: with $term, as $self (`write.sh` goes on with
# that); without a term, of a spare.
write_journal_settings() {
  find_journal_settings
  need_directory "$journal_state"
  need_directory "$run_dir"
  if ! { printf '{"volume":"%s","bucket":"%s","region":"%s","mountPoint":"%s","state":"%s","socket":"%s",%s"statsd":%s}\n' \
    "$volume" "$bucket" "$region" "$staging" "$journal_state" "$run_dir/$volume_id.journal" \
    "${term:+\"term\":$term,\"writer\":\"$self\",}" "${REMOUNT_STATSD_PORT:-8125}" >"$journal_settings.new" &&
    sync "$journal_settings.new" && mv "$journal_settings.new" "$journal_settings"; }; then
    fail usage "this host has no room for the settings of its agent"
  fi
}

# drain_journal: has the agent do it, and says as a verb does how far it came. What the agent cannot do is said by what it has not done.
drain_journal() {
  need_self
  write_journal_settings
  rm -f "$journal_late"
  if ! said=$(timeout "$drain_seconds" "$journal_agent" drain "$journal_settings" "term=$term" "writer=$self" \
    "deadline=$((drain_seconds - 3))" 2>"$journal_settings.err" 7>&-); then
    # What was applied may have run into a file system that is damaged after all.
    need_mounted "$staging"
    fail timeout "the agent of the journal did not end well: $(plain <"$journal_settings.err" | tail -n 1)"
  fi
  how='' cursor='' seal='' complete='' files=0
  while IFS='=' read -r key value; do
    case "$key" in
      state) how="$value" ;;
      cursor) cursor="$value" ;;
      seal) seal="$value" ;;
      complete) complete="$value" ;;
      files) files="$value" ;;
    esac
  done <<ANSWER
$said
ANSWER
  case "$how" in
    drained | unsealed) ;;
    undrained) how=behind ;;
    fenced) fail busy "the journal is sealed by a later term than $term" ;;
    *) fail timeout "the agent of the journal gives no answer: $(printf '%s' "$said" | plain | head -n 1)" ;;
  esac
  [ "$how" = drained ] || : >"$journal_late" || fail usage "this host has no room for the state of its agent"
  missing=0
  if [ "$how" = behind ]; then missing=$((seal - 1 - cursor)); fi
  printf 'state=%s\nnumber=%s\nfiles=%s\n' "$how" "$cursor" "$files"
  # Where all had expired the seal's number is a time, and nobody knows how many there were (`goOn` in journal/protocol.ts).
  [ "$missing" -ge 100000000 ] || printf 'missing=%s\n' "$missing"
  [ -z "$seal" ] || printf 'head=%s\n' "$seal"
  [ -z "$complete" ] || printf 'upTo=%s\n' "$complete"
  printf 'volumeId=%s\n' "$volume_id"
}

# flush_journal: what the agent has heard of is sent, while the volume is still mounted. Prints flushed; nothing where there is no agent, or it writes nothing.
flush_journal() {
  has_agent || return 0
  find_journal_settings
  is_taken || return 0
  flushed=false
  if timeout "$flush_seconds" "$journal_agent" flush "$journal_settings" "deadline=$((flush_seconds - 1))" >/dev/null 2>&1 7>&-; then
    flushed=true
  fi
  printf 'flushed=%s\n' "$flushed"
}

# forget_spare: $volume_id is off this host, and was never more than a spare here.
forget_spare() {
  find_journal_settings
  is_taken || rm -rf "$journal_state"
}
