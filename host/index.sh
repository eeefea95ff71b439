#!/bin/sh
# remount-verb: index
# Run every few minutes on each instance: writes the manifest of each course that has none and has been quiet for a
# while, on the volumes that this instance serves. Never touches a manifest that is there, unless it is empty: the
# uploader's own reaches further back (decision 12). Ends at once when anything is mounted or served here, or what it
# works on is released. No SSM document.

# shellcheck source=host/common.sh
. "$(dirname "$0")/common.sh"

# Minutes in which nothing in a course may have changed, to the second what the kernel has written back by then.
quiet="${REMOUNT_QUIET_MINUTES:-10}"
# Seconds; what is left is for the next run.
budget="${REMOUNT_INDEX_SECONDS:-240}"
# Bytes. A course with a larger file has its turn after all others, and has ten times that budget to itself, no more.
large="${REMOUNT_LARGE_BYTES:-1073741824}"

# shellcheck disable=SC2317 # called at the end of the job
clear_up() { rm -f "$aside" "$aside".*; }

# none <course> <test of find>: it was looked through, and nothing in it is so.
none() {
  none_in="$1"
  shift
  step find "$none_in" "$@" -print -quit >"$aside.found" 2>/dev/null && [ ! -s "$aside.found" ]
}

# index <course>: in the format of sha256sum. Hashed aside, synced, and linked into place: link(2) replaces nothing, so
# an uploader that was faster keeps its own. Whatever goes wrong, the next run tries again.
index() {
  { true >"$aside.begun"; } 2>/dev/null || return 0
  # One that is there is empty, and to be replaced. %p (./name), for sha256sum takes a file named - for its standard input.
  step env -C "$1" find . -path ./manifest.sha256 -prune -o -type f -fprintf "$aside.names" '%p\0' || return 0
  [ -s "$aside.names" ] || return 0
  # 0 is no limit.
  step timeout -s KILL "$limit" env -C "$1" xargs -0 -a "$aside.names" sha256sum -z -- >"$aside.sums" || return 0
  # A name with a backslash, a newline or a carriage return is escaped, and its line marked with a backslash.
  step sed -z 's/\\/\\\\/g; s/\n/\\n/g; s/\r/\\r/g; /\\/ s/^/\\/' "$aside.sums" >"$aside.lines" || return 0
  step tr '\0' '\n' <"$aside.lines" >"$aside" || return 0
  chown --reference="$1" "$aside" && sync "$aside" || return 0
  # Changed while it was read: then nobody knows what its checksums are of.
  none "$1" -cnewer "$aside.begun" || return 0
  if [ -e "$1/manifest.sha256" ]; then
    # An uploader may have put a whole one in the place of the empty one since it was looked at.
    mv -fT "$1/manifest.sha256" "$aside.empty" || return 0
    if [ -s "$aside.empty" ]; then ln -T "$aside.empty" "$1/manifest.sha256"; fi
  fi
  ln -T "$aside" "$1/manifest.sha256" 2>/dev/null && sync "$1" && written=$((written + 1))
  rm -f "$aside" "$aside.empty"
}

# index_courses <mounted root>: those that have no manifest; while limit is 0, without those that have a large file.
index_courses() {
  for course in "$1"/courses/*; do
    # One stat for each course that has its manifest. An empty one promises nothing: a crash leaves such where nobody synced.
    if [ -s "$course/manifest.sha256" ] || [ ! -d "$course" ] || [ -L "$course" ]; then continue; fi
    if [ $(($(date +%s) - started)) -ge "$budget" ]; then return 0; fi
    if [ "$limit" -eq 0 ] && ! none "$course" -size "+${large}c"; then continue; fi
    if none "$course" -cmin "-$quiet"; then index "$course"; fi
  done
}

# index_volume <mounted root>
index_volume() {
  aside="$1/.remount/index"
  # Two at work in one place would be in each other's way.
  take_lock "$run_dir/index.$volume_id.lock" 0 || return 0
  begin_job clear_up
  # `true`, for where a redirection of `:` fails, the shell exits.
  { true >"$aside.begun"; } 2>/dev/null || fail unreadable "manifests of $volume_id cannot be written: $aside.begun"
  limit=0
  index_courses "$1"
  limit=$((budget * 10))
  index_courses "$1"
  printf 'volumeId=%s\nwritten=%d\n' "$volume_id" "$written"
}

started=$(date +%s)
for marker in "$marker_dir"/*; do
  [ -f "$marker" ] || continue
  case "${marker##*/}" in *.new.*) continue ;; esac
  read -r volume_id <"$marker"
  is_volume_id "$volume_id" || continue
  staging="$root/mnt/remount/$volume_id"
  find_mount "$staging" || continue
  is_alive "$staging" || continue
  has_serial "$mount_source" || continue
  job_file="$run_dir/index.$volume_id.job"
  written=0
  # A shell of its own for each: a job ends with its shell.
  (index_volume "$staging") || code=$?
  # What stopped it needs the host. What went wrong with one volume says nothing of the next.
  [ "${code:-0}" -ne 31 ] || break
done
exit "${code:-0}"
