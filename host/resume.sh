#!/bin/sh
# remount-verb: resume
# Run at boot on each instance: mounts and serves what this instance served before, by itself, where that is safe: it has the marker
# that `serve` has left, and the ledger says that it is still the owner, and that no heal has begun to fence it (decision 25). Where
# the ledger does not answer it is asked again for some minutes; where it says otherwise, nothing is served. Whatever is left is a
# heal's to do. Prints for each volume volume, volumeId, state. Ends with an error where something was not to be learned. No SSM document.

# shellcheck source=host/common.sh
. "$(dirname "$0")/common.sh"
# shellcheck source=host/web.sh
. "$(dirname "$0")/web.sh"
# shellcheck source=host/writer.sh
. "$(dirname "$0")/writer.sh"
# shellcheck source=host/uploads.sh
. "$(dirname "$0")/uploads.sh"
# shellcheck source=host/mounting.sh
. "$(dirname "$0")/mounting.sh"
# shellcheck source=host/owner.sh
. "$(dirname "$0")/owner.sh"

# How often a volume is looked at, and seconds in between.
tries="${REMOUNT_RESUME_TRIES:-30}"
pause="${REMOUNT_RESUME_PAUSE:-5}"

# left <why>: nothing more to be done here.
left() {
  printf 'state=left\n'
  printf 'remount: %s is not served by itself: %s\n' "$volume_id" "$1" >&2
  exit 0
}

# resume_once: with the volume's lock from before the ledger is asked until it is served. So a heal that begins in between, and has
# this instance let go, ends this (`end_holder`), or waits, and unmounts what was mounted; and before it sees anything else that a
# fence is certain of, the ledger says so.
resume_once() {
  lock_volume resume 5 || fail busy "something else works on $volume_id here"
  # Under the lock: `release` takes the marker away first.
  is_marked || left "$volume is none of its volumes any more"
  if find_mount "$staging"; then
    [ "$(readlink "$link")" = "$staging" ] || left 'somebody has mounted it'
  else
    # It leads to a directory of this host's own disk, and whoever uploads would write there.
    if [ "$(readlink "$link")" = "$staging" ]; then rm -f "$link"; fi
    is_own || left "$why"
    make_way
    mount_staged
    note_holder resume
  fi
  put_into_service
}

# resume <volume>: as often as there is something to be learned.
resume() {
  SSM_Volume="$1"
  need_volume
  { read -r volume_id <"$marker"; } 2>/dev/null || return 0
  is_volume_id "$volume_id" || return 0
  staging="$root/mnt/remount/$volume_id"
  reply="$reply.$volume"
  for try in $(seq "$tries"); do
    [ "$try" -eq 1 ] || sleep "$pause"
    printf 'volume=%s\nvolumeId=%s\n' "$volume" "$volume_id"
    (resume_once) && return 0
    code=$?
    # What the kernel or the volume itself has said is for a heal to judge: shutdown, unmountable, noCanary, unreadable, foreign.
    case "$code" in 22 | 23 | 24 | 25 | 33) return 0 ;; esac
  done
  return "$code"
}

# A host that knows of no ledger leaves everything to a heal.
[ -r "$ledger_note" ] || exit 0
find_place
# Side by side: a mount may take minutes. Printed in one order.
for marker in "$marker_dir"/*; do
  case "${marker##*/}" in '*' | *.new.*) continue ;; esac
  resume "${marker##*/}" >"$reply.${marker##*/}.out" 2>"$reply.${marker##*/}.err" &
  printf '%s %s\n' "$!" "${marker##*/}" >>"$reply"
done
ended=0
while read -r child name; do
  wait "$child" || ended=$?
  cat "$reply.$name.out"
  cat "$reply.$name.err" >&2
done <"$reply"
rm -f "$reply" "$reply".*
exit "$ended"
