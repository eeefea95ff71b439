#!/bin/sh
# remount-verb: check
# The drill's check of a volume that was made from a snapshot, is attached here, and is not in service: mounted read-write
# once, so that the log replays; unmounted; xfs_repair -n; mounted again; content read and compared with its manifests.
# Parameters: SSM_Volume, SSM_VolumeId, SSM_Seed (number of the drill: where the comparison starts), SSM_Portion (what of the
# content is read). Prints state, volumeId, canary, files, listed, checked, unlisted, changed, bytes, seconds, complete. Ends at once (interrupted) when
# anything is mounted or served here, or the volume is released. Decision 12 says what counts as altered.

# shellcheck source=host/common.sh
. "$(dirname "$0")/common.sh"
# shellcheck source=host/copied.sh
. "$(dirname "$0")/copied.sh"
# shellcheck source=host/metadata.sh
. "$(dirname "$0")/metadata.sh"
# shellcheck source=host/manifests.sh
. "$(dirname "$0")/manifests.sh"
# shellcheck source=host/reading.sh
. "$(dirname "$0")/reading.sh"
# shellcheck source=host/verdict.sh
. "$(dirname "$0")/verdict.sh"

# Seconds for the comparison; what is left is for later drills.
budget="${REMOUNT_CHECK_SECONDS:-600}"
# Bytes. What is larger is read last, and where there is no time for all of it, in pieces.
large="${REMOUNT_LARGE_BYTES:-1073741824}"
# Files that changed within this many seconds before the copy was taken are read first.
fresh="${REMOUNT_FRESH_SECONDS:-10800}"
# Files that changed so many seconds before what the last copy reached up to are read, too: a copy may have had their data and
# not yet their times (decision 23).
late="${REMOUNT_LATE_SECONDS:-600}"
# Data written in the last seconds before the copy may not have reached the disk, unless they were synced: Linux writes
# dirty pages back after 30 s, looking every 5 s (vm.dirty_expire_centisecs, vm.dirty_writeback_centisecs).
unsettled="${REMOUNT_SETTLE_SECONDS:-60}"
# Seconds before the copy since when a manifest may be empty: its uploader is at work, or the indexer has not come yet.
unwritten="${REMOUNT_EMPTY_SECONDS:-3600}"
# Seconds for xfs_db, and for all attributes. Each is left out, and that is said, where it takes longer.
looking="${REMOUNT_LOOK_SECONDS:-240}"
tab=$(printf '\t')

# Names may hold any byte but / and NUL. In lists they are percent-encoded: one line each, and no tab.
encode='s/%/%25/g; s/\t/%09/g; s/\n/%0A/g; s/\r/%0D/g'
decode='s/%0D/\r/g; s/%0A/\n/g; s/%09/\t/g; s/%25/%/g'

# survey_content: sets unreadable; as the heal will ask when it takes this copy (`verify`), by the same command.
survey_content() {
  # shellcheck disable=SC2086 # a command and its options
  step $as_web sh -c "$survey_script" survey "$scratch" "$survey_seconds" "$survey_names" "$survey_complaints" \
    >"$work/survey" 2>&1
  weigh_survey "$(cat "$work/survey")"
  [ -z "$damage" ] || { printf '%s\n' "$damage" >"$work/said" && fail_on "$work/said"; }
}

# list <command...>: a step that makes one list of another; they must all be whole.
# Its output may be the list: an answer goes where answers go.
list() { step "$@" || { exec >&8 && fail usage "$1 failed: is there room in $work?"; }; }

# plan_order: what is under suspicion first, then fresh files, the latest foremost; then all others in the order of their
# names, starting at a point that moves on by the golden section from drill to drill: drills that each get through a part of
# the content reach all of it in turn, evenly (by the three-gap theorem, no later than twice the number of drills that one
# pass would take). Large files are for the end, and begin with another one in each drill.
# Of a portion, what is neither under suspicion nor fresh (changed since the copy before, or shortly before that) has its turn
# by its inode number, which is the same in every copy, whatever is added beside it. Where the copy's clock is behind that of the
# copy before, nobody knows what changed since: everything is read.
plan_order() {
  for list in fresh first second large large.1; do : >"$work/$list"; done
  # shellcheck disable=SC2016
  list awk -F "$tab" -v seed="$seed" -v fresh="$fresh" -v now="$(stat -c %.9Z "$scratch/$canary_file")" -v work="$work" \
    -v large="${large:-0}" -v ahead="${ahead:-0}" -v doubts="${suspects:-}" \
    -v part="${part:-0}" -v parts="${parts:-1}" -v since="${since:-}" -v late="${late:-0}" '
    function is_due(time, inode) { return parts == 1 || time > cut || inode % parts == part }
    BEGIN {
      while (doubts != "" && (getline line <doubts) > 0) if (split(line, one) > 2) doubted[one[1]]
      until = now + ahead
      if (since == "" || now < since) parts = 1
      else cut = since - late
    }
    FNR == 1 { pass++; last = "" }
    FNR == 1 && pass == 2 {
      turn = seed * 0.61803398874989484; turn -= int(turn); start = turn * total; begin = turn * many
      if (parts == 1) cut = now - fresh
    }
    $1 == last { next }
    { last = $1; weight = $3 + 65536; huge = large > 0 && $3 > large; due = is_due($2, $7) }
    pass == 1 { if (due && huge) many++; else if (due) total += weight; if ($2 > now && $2 <= until) now = $2; next }
    $1 in doubted { print "99999999999\t" $1 >(work "/fresh"); next }
    !due { resting++; next }
    huge { print $1 "\t" $3 "\t" $4 >(work (++met > begin ? "/large" : "/large.1")); next }
    $2 > cut { print $2 "\t" $1 >(work "/fresh"); next }
    { seen += weight; print $1 >(work (seen > start ? "/first" : "/second")) }
    END { printf "%.9f\n", now >(work "/now"); printf "%.9f %d\n", cut, resting >(work "/cut") }
  ' "$work/plan" "$work/plan"
  list sort -rn -S 64M -T "$work" -o "$work/fresh.1" "$work/fresh"
  list cut -f 2 "$work/fresh.1" >"$work/fresh"
  list cat "$work/second" >>"$work/first"
  list cat "$work/large.1" >>"$work/large"
}

act() {
  started=$(date +%s)
  take_copy check

  read_log
  mount_here ''
  live=''
  # Seconds after the canary that a change is taken for one of before the copy: on a volume that serves it is the newest.
  ahead=300
  if was_live; then live=yes && ahead=0; fi
  unmount_or_fail
  check_metadata
  mount_here ,ro
  step cat "$scratch/$canary_file" >"$work/canary" 2>"$work/said" || grep -q 'No such file' "$work/said" || fail_on "$work/said"
  read_canary "$scratch"
  step cat "$scratch/$clock_file" >"$work/clock" 2>"$work/said" || grep -q 'No such file' "$work/said" || fail_on "$work/said"
  survey_content
  check_attributes
  compared_from=$(date +%s)
  list_files
  list_promises
  plan_order
  read_content
  compare
  unmount_or_fail

  name_volume
  printf 'canary=%s\n' "$canary"
  grep -aE '^[a-z]*=' "$work/verdict" | grep -v '^altered='
  if grep -qx 'deferred=0' "$work/verdict"; then complete='true'; else complete='false'; fi
  printf 'manifests=%d\nblockget=%s\nattributes=%s\nupto=%s\n' "$manifests" "$blockget" "$attributes" "$(cut -d. -f1 "$work/now")"
  printf 'unreadable=%d\nseconds=%d\ncomplete=%s\n' "$unreadable" $(($(date +%s) - started)) "$complete"
  if ! grep -qx 'altered=0' "$work/verdict"; then
    sed -n "s/^altered$tab//p" "$work/verdict" | plain >&2
    give_verdict altered "$(sed -n 's/^altered=//p' "$work/verdict") files of $volume_id are not what their manifests say"
  fi
  sed -n "s/^suspect$tab/suspect: /p" "$work/verdict" | plain >&2
  need_room
  printf 'state=sound\n'
}

need_volume
need_volume_id
seed="${SSM_Seed:-}"
case "$seed" in
  '' | *[!0-9]* | ???????????*) fail usage "SSM_Seed is \"$seed\": 1 to 10 decimal digits" ;;
esac
# part/of/since, or all.
part=0 parts=1 since=''
portion="${SSM_Portion-all}"
case "$portion" in
  all) ;;
  *[!0-9/]* | */*/*/* | /* | *//* | */) fail usage "SSM_Portion is \"$portion\": all, or part/of/since" ;;
  */*/*) part="${portion%%/*}" since="${portion##*/}" parts="${portion#*/}" && parts="${parts%/*}" ;;
  *) fail usage "SSM_Portion is \"$portion\": all, or part/of/since" ;;
esac
[ "$part" -lt "$parts" ] || fail usage "SSM_Portion is \"$portion\": there is no such part"
need_web_user
name_places
# What differs in a copy of a live volume, until another copy shows whether it was overwritten just then (decision 23).
suspects="$root/var/lib/remount/suspects.$volume"
live_mark=.remount/live
deadline="${REMOUNT_DEADLINE:-1500}"
within "$deadline"
