#!/bin/sh
# remount-verb: check
# The drill's check of a volume that was made from a snapshot, is attached here, and is not in service: mounted read-write
# once, so that the log replays; unmounted; xfs_repair -n; mounted again; content read and compared with its manifests.
# Parameters: SSM_Volume, SSM_VolumeId, SSM_Seed (number of the drill: where the comparison starts). Prints state,
# volumeId, canary, files, listed, checked, unlisted, changed, bytes, seconds, complete. Ends at once (interrupted) when
# anything is mounted or served here, or the volume is released. Decision 12 says what counts as altered.

# shellcheck source=host/common.sh
. "$(dirname "$0")/common.sh"

# Seconds for the comparison; what is left is for later drills.
budget="${REMOUNT_CHECK_SECONDS:-600}"
# Files that changed within this many seconds before the copy was taken are read first.
fresh="${REMOUNT_FRESH_SECONDS:-10800}"
# Data written in the last seconds before the copy may not have reached the disk, unless they were synced: Linux writes
# dirty pages back after 30 s, looking every 5 s (vm.dirty_expire_centisecs, vm.dirty_writeback_centisecs).
unsettled="${REMOUNT_SETTLE_SECONDS:-60}"
# Seconds before the copy since when a manifest may be empty: its uploader is at work, or the indexer has not come yet.
unwritten="${REMOUNT_EMPTY_SECONDS:-3600}"
tab=$(printf '\t')

# Names may hold any byte but / and NUL. In lists they are percent-encoded: one line each, and no tab.
encode='s/%/%25/g; s/\t/%09/g; s/\n/%0A/g; s/\r/%0D/g'
decode='s/%0D/\r/g; s/%0A/\n/g; s/%09/\t/g; s/%25/%/g'

# shellcheck disable=SC2317 # called at the end of the job
clear_up() {
  unmount_again || :
  rm -rf "$work"
}

# unmount_again: a process that was just killed may hold it for a moment.
unmount_again() {
  attempts=25
  while find_mount "$scratch"; do
    said=$(umount -c "$scratch" 2>&1) && continue
    attempts=$((attempts - 1))
    [ "$attempts" -gt 0 ] || return 1
    sleep 0.2
  done
  if [ -d "$scratch" ]; then rmdir "$scratch"; fi
}

unmount_or_fail() { unmount_again || fail busy "$said"; }

# mount_here <options>
mount_here() {
  mkdir -p "$scratch"
  mount_source=$(readlink -f "$device")
  step mount -t xfs -o "nouuid,noatime,nodev,nosuid$1" "$device" "$scratch" >"$work/said" 2>&1 && return 0
  kernel_line
  fail unmountable "$(head -n 1 "$work/said")"
}

# plain: for people and logs; whatever is no printable ASCII becomes a question mark.
plain() { tr -c '[:print:]\n' '?' | cut -c 1-400; }

# kernel_blames: whether the kernel has called the file system damaged since this check began; or nobody can tell, for its
# log cannot be read, or does not reach back so far. From the mark on, for names of devices are given away again.
kernel_blames() {
  # shellcheck disable=SC2016 # awk's own variables
  dmesg 2>/dev/null | mark="$log_mark" awk -v of="XFS (${mount_source##*/})" '
    told && index($0, of) && tolower($0) ~ /corrupt|crc error|internal error/ { blamed = 1 }
    $0 == ENVIRON["mark"] { told = 1 }
    END { exit told && !blamed }'
}

# fail_on <file with the words of a tool>: a read failed. EIO is what XFS answers once it has shut down over damage, and
# what this host's way to the volume answers: without a word of damage it is no verdict.
fail_on() {
  said=$(head -n 1 "$1" | plain)
  kernel_line
  case "$said" in
    *'Structure needs cleaning'*) fail corrupt "$said" ;;
    *'Input/output error'* | *'No such device'*)
      if kernel_blames; then fail shutdown "$said"; fi
      fail unreadable "$said: the kernel tells of no damage, so it may be this host that cannot read" ;;
  esac
  fail unreadable "$said"
}

# Never more than half of what is free: this host may have to serve at any moment. No limit of the address space:
# xfs_repair hangs when it meets one (tried, xfsprogs 6.1).
check_metadata() {
  free=$(sed -n 's/^MemAvailable: *\([0-9]*\) kB$/\1/p' /proc/meminfo)
  step xfs_repair -n -m "$((free / 2048))" "$device" >"$work/repair" 2>&1
  result=$?
  if [ "$result" -eq 0 ]; then
    # It says so, and exits 0 all the same, where the only damage is a bad checksum in a block of attributes.
    grep 'Metadata .* detected' "$work/repair" >&2 && fail corrupt "xfs_repair -n finds damage in $volume_id"
    check_free_space
    return 0
  fi
  case "$result" in
    126 | 127) fail usage "xfs_repair cannot be run here (exit $result)" ;;
    137) fail interrupted "xfs_repair was killed: the host is short of memory" ;;
    12[89] | 1[3-9]? | 2??) fail interrupted "xfs_repair died (exit $result)" ;;
  esac
  if grep -qiE 'memory for repair|not enough memory|insufficient memory|no memory for|allocate' "$work/repair"; then
    fail usage "this host has too little memory to check $volume_id: $(grep -iE 'memory|allocate' "$work/repair" | head -n 1)"
  fi
  grep -vE '^(Phase [0-9]|[[:space:]]*- |No modify|Using internal log|$)' "$work/repair" | head -n 5 >&2
  fail corrupt "xfs_repair -n finds damage in the metadata of $volume_id (exit $result)"
}

# check_free_space: the two trees of free space must tell the same. xfs_repair -n does not compare them where the tree by
# block calls a block free that holds a part of an extent map (scan_bmapbt() in xfsprogs, repair/scan.c).
check_free_space() {
  step xfs_db -r -c 'freesp -s' "$device" >"$work/by_block" 2>&1 || fail corrupt "$(head -n 1 "$work/by_block")"
  step xfs_db -r -c 'freesp -s -c' "$device" >"$work/by_size" 2>&1 || fail corrupt "$(head -n 1 "$work/by_size")"
  if cmp -s "$work/by_block" "$work/by_size"; then return 0; fi
  grep -h '^total free' "$work/by_block" "$work/by_size" >&2
  fail corrupt "the two trees of free space of $volume_id contradict each other"
}

# list <command...>: a step that makes one list of another; they must all be whole.
list() { step "$@" || fail usage "$1 failed: is there room in $work?"; }

# list_files: files and directories, each a line of name, time of the last change, size.
list_files() {
  step find "$scratch" -path "$scratch/.remount" -prune -o -type f -fprintf "$work/files.0" '%C@ %s %P\0' -o \
    -type d -fprintf "$work/directories.0" '%C@ %s %P\0' 2>"$work/said" || fail_on "$work/said"
  for kind in files directories; do
    list sed -z "$encode; s/^\([^ ]*\) \([^ ]*\) \(.*\)\$/\3$tab\1$tab\2/" "$work/$kind.0" >"$work/$kind.1"
    list tr '\0' '\n' <"$work/$kind.1" >"$work/$kind.2"
    in_order "$work/$kind.2" "$work/$kind"
    rm -f "$work/$kind".[012]
  done
}

# in_order <file> <sorted file>: by name.
in_order() { list sort -t "$tab" -k 1,1 -S 64M -T "$work" -o "$2" "$1"; }

# list_promises: what the manifests list, each a line of name, checksum. A line that is none stands for its manifest.
list_promises() {
  list sed -n "s,^\(courses/[^/]*/manifest\.sha256\)$tab.*,./\1,p" "$work/files" >"$work/manifests.1"
  list tr '\n' '\0' <"$work/manifests.1" >"$work/manifests.2"
  list sed -z "$decode" "$work/manifests.2" >"$work/manifests"
  # shellcheck disable=SC2016 # awk's own variables
  step env -C "$scratch" xargs -0 -r -a "$work/manifests" awk '
    function encoded(text) {
      gsub(/%/, "%25", text); gsub(/\t/, "%09", text); gsub(/\n/, "%0A", text)
      gsub(/\r/, "%0D", text)
      return text
    }
    # sha256sum(1) marks a line with a backslash when its name holds a backslash, a newline or a carriage return.
    function unescaped(text,   out, at, two) {
      out = ""
      while ((at = index(text, "\\")) > 0) {
        two = substr(text, at + 1, 1)
        out = out substr(text, 1, at - 1) (two == "n" ? "\n" : two == "r" ? "\r" : two)
        text = substr(text, at + 2)
      }
      return out text
    }
    FNR == 1 { manifest = encoded(substr(FILENAME, 3)); course = manifest; sub(/manifest\.sha256$/, "", course) }
    {
      line = $0
      if (sub(/^\\/, "", line)) name = unescaped(substr(line, 67))
      else { sub(/\r$/, "", line); name = substr(line, 67) }
      if (line == "") next
      sum = tolower(substr(line, 1, 64))
      sub(/^\.\//, "", name)
      if (length(sum) == 64 && sum !~ /[^0-9a-f]/ && substr(line, 65, 2) ~ /^ [ *]$/ && name != "")
        print course encoded(name) "\t" sum
      else print manifest "\tmalformed"
    }' >"$work/promises.1" 2>"$work/said" || fail_on "$work/said"
  # An empty manifest has no line that could be malformed. It is right where nothing else is in the course.
  # shellcheck disable=SC2016
  list awk -F "$tab" '
    FNR == 1 { pass++ }
    split($1, part, "/") < 3 || part[1] != "courses" { next }
    $1 == "courses/" part[2] "/manifest.sha256" { if (pass == 1 && $3 == 0) empty[part[2]] = $1; next }
    pass == 2 && part[2] in empty { print empty[part[2]] "\tempty"; delete empty[part[2]] }
  ' "$work/files" "$work/files" >>"$work/promises.1"
  in_order "$work/promises.1" "$work/promises"
  list join -t "$tab" -a 1 -e - -o 0,1.2,1.3,2.2 "$work/files" "$work/promises" >"$work/plan"
  list join -t "$tab" -v 2 "$work/files" "$work/promises" >"$work/missing"
  rm -f "$work/promises" "$work/promises.1" "$work/manifests"*
}

# plan_order: fresh files first, the latest foremost; then all others in the order of their names, starting at a point
# that moves on by the golden section from drill to drill: drills that each get through a part of the content reach all
# of it in turn, evenly (by the three-gap theorem, no later than twice the number of drills that one pass would take).
plan_order() {
  for list in fresh first second; do : >"$work/$list"; done
  # shellcheck disable=SC2016
  list awk -F "$tab" -v seed="$seed" -v fresh="$fresh" -v now="$(stat -c %Z "$scratch/$canary_file")" -v work="$work" '
    FNR == 1 { pass++; last = "" }
    FNR == 1 && pass == 2 { turn = seed * 0.61803398874989484; start = (turn - int(turn)) * total }
    $1 == last { next }
    { last = $1; weight = $3 + 65536 }
    pass == 1 { total += weight; if ($2 > now) now = $2; next }
    $2 > now - fresh { print $2 "\t" $1 >(work "/fresh"); next }
    { seen += weight; print $1 >(work (seen > start ? "/first" : "/second")) }
    END { printf "%.9f\n", now >(work "/now") }
  ' "$work/plan" "$work/plan"
  list sort -rn -S 64M -T "$work" -o "$work/fresh.1" "$work/fresh"
  list cut -f 2 "$work/fresh.1" >"$work/fresh"
  list cat "$work/second" >>"$work/first"
}

# read_files <list of names> <seconds>: appends to the sums; clears complete when time is over. Many files a process, one
# process at a time, and few checksums in its buffer when its time is over.
read_files() {
  list tr '\n' '\0' <"$1" >"$work/names.1"
  # ./, for sha256sum takes a file named - for its standard input.
  list sed -z "$decode; s,^,./," "$work/names.1" >"$work/names"
  step timeout -s KILL "$2" env -C "$scratch" xargs -0 -r -a "$work/names" stdbuf -o 512 sha256sum -z -- \
    >"$work/sums.0" 2>"$work/said"
  result=$?
  list sed -z "$encode; s/^\(.\{64\}\)  \.\/\(.*\)\$/\2$tab\1/" "$work/sums.0" >"$work/sums.1"
  list tr '\0' '\n' <"$work/sums.1" >"$work/sums.2"
  case "$result" in
    0) ;;
    123) fail_on "$work/said" ;;
    137)
      complete=false
      # The last line may be half a line.
      list sed -i -e \$d "$work/sums.2" ;;
    *) fail interrupted "reading was cut off: $(head -n 1 "$work/said")" ;;
  esac
  list cat "$work/sums.2" >>"$work/sums.3"
}

# read_content: sets complete. Half of the time is for what is fresh, so that one huge upload does not keep the drill from
# everything else.
read_content() {
  complete=true
  : >"$work/sums.3"
  read_files "$work/fresh" $((budget / 2 + 1))
  left=$((budget - $(date +%s) + compared_from))
  [ "$left" -gt 0 ] || left=1
  read_files "$work/first" "$left"
  in_order "$work/sums.3" "$work/sums"
  rm -f "$work/sums".[0123] "$work/names"* "$work/fresh"* "$work/first" "$work/second"
}

# compare: sets the counts; names what is altered. A listed file that is missing or differs is `changed`, and no damage,
# when it (for a missing one, the directory that it was in) changed after its manifest, or just before the copy. So is an
# empty manifest that is not old.
compare() {
  list join -t "$tab" -o 0,1.2,1.3,1.4,2.2 "$work/plan" "$work/sums" >"$work/compared"
  # shellcheck disable=SC2016
  list awk -F "$tab" -v unsettled="$unsettled" -v unwritten="$unwritten" -v now="$(cat "$work/now")" '
    function parent(name) { return sub(/\/?[^\/]*$/, "", name) ? name : "" }
    function promise_of(name,   parts) { split(name, parts, "/"); return "courses/" parts[2] "/manifest.sha256" }
    function suspect(name, time) {
      names[++suspects] = name; times[suspects] = time
      wanted[promise_of(name)] = 1
      if (time == "") for (up = parent(name); ; up = parent(up)) { above[up] = 1; if (up == "") break }
    }
    FILENAME ~ /\/plan$/ {
      if ($4 != "-") { if ($4 != "malformed" && $4 != "empty") listed++ }
      else if ($1 !~ /^courses\/[^\/]*\/manifest\.sha256$/) unlisted++
      if ($1 != last) files++
      last = $1
    }
    FILENAME ~ /\/compared$/ {
      if ($1 != previous) { checked++; bytes += $3 }
      previous = $1
      if ($4 != "-" && $4 != $5) { suspect($1, $2); young[suspects] = $4 == "empty" ? unwritten : unsettled }
    }
    FILENAME ~ /\/missing$/ { listed++; suspect($1, ""); young[suspects] = unsettled }
    FILENAME ~ /\/files$/ && ($1 in wanted) { written[$1] = $2 }
    FILENAME ~ /\/directories$/ && ($1 in above) { touched[$1] = $2 }
    END {
      for (i = 1; i <= suspects; i++) {
        time = times[i]; slack = 0
        if (time == "") {
          for (up = parent(names[i]); !(up in touched) && up != ""; up = parent(up)) ;
          # A manifest that is renamed into place touches the directory in the same moment, give or take a tick.
          time = touched[up]; slack = 0.02
        }
        if (time > written[promise_of(names[i])] + slack || time > now - young[i]) changed++
        else if (++altered <= 5) print "altered\t" (times[i] == "" ? "missing: " : "differs: ") names[i]
      }
      printf "files=%d\nlisted=%d\nchecked=%d\nunlisted=%d\nchanged=%d\nbytes=%.0f\naltered=%d\n",
        files, listed, checked, unlisted, changed, bytes, altered
    }
  ' "$work/plan" "$work/compared" "$work/missing" "$work/files" "$work/directories" >"$work/verdict"
}

act() {
  started=$(date +%s)
  if [ -f "$marker" ] && read -r marked <"$marker" && [ "$marked" = "$volume_id" ]; then
    fail busy "$volume_id is what this host is to serve"
  fi
  if find_mount "$staging"; then fail busy "$volume_id is mounted on $staging"; fi
  # SendCommand may have been sent twice: the later one takes over.
  end_jobs "$job_file"
  begin_job clear_up
  rm -rf "$work"
  sweep_lists
  mkdir -p "$work"
  log_mark=$(dmesg 2>/dev/null | tail -n 1)
  unmount_or_fail
  wait_for_device
  if find_source "$(readlink -f "$device")"; then fail busy "$volume_id is mounted on $mounted_on"; fi

  mount_here ''
  unmount_or_fail
  check_metadata
  mount_here ,ro
  step cat "$scratch/$canary_file" >"$work/canary" 2>"$work/said" || grep -q 'No such file' "$work/said" || fail_on "$work/said"
  read_canary "$scratch"
  compared_from=$(date +%s)
  list_files
  list_promises
  plan_order
  read_content
  compare
  unmount_or_fail

  printf 'volumeId=%s\ncanary=%s\n' "$volume_id" "$canary"
  grep -vE '^altered' "$work/verdict"
  printf 'seconds=%d\ncomplete=%s\n' $(($(date +%s) - started)) "$complete"
  if ! grep -qx 'altered=0' "$work/verdict"; then
    sed -n "s/^altered$tab//p" "$work/verdict" | plain >&2
    fail altered "$(sed -n 's/^altered=//p' "$work/verdict") files of $volume_id are not what their manifests say"
  fi
  printf 'state=sound\n'
}

need_volume
need_volume_id
seed="${SSM_Seed:-}"
case "$seed" in
  '' | *[!0-9]* | ???????????*) fail usage "SSM_Seed is \"$seed\": 1 to 10 decimal digits" ;;
esac
need_web_user
scratch=$(check_directory "$volume_id")
work="$root/var/lib/remount/check.$volume_id"
job_file="$run_dir/check.$volume_id.job"
within "${REMOUNT_DEADLINE:-1500}"
