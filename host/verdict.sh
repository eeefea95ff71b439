#!/bin/sh
# Sourced by check.sh: what differs from its manifest, and whether a change explains it (decisions 12 and 23).
# shellcheck disable=SC2154 # check.sh has its names

# was_live: whether the copy was taken of a mounted volume, so that data that were written in place may be on it and the time
# of that change not. A log that is clean was unmounted, times and all. The check itself cleans the log, and leaves a mark.
was_live() {
  [ ! -e "$scratch/$live_mark" ] || return 0
  [ "$log" != clean ] || return 1
  # A volume that is full takes no mark: then this check alone knows.
  { true >"$scratch/$live_mark"; } 2>/dev/null || :
}

# read_log: sets log, before the first mount.
read_log() {
  log='dirty'
  # shellcheck disable=SC2016 # the inner shell's own parameter
  step sh -c 'xfs_logprint -t "$1" 2>/dev/null | sed -n "/state: </{p;q}"' sh "$device" >"$work/log"
  if grep -q '<CLEAN>' "$work/log"; then log='clean'; fi
}

# compare: sets the counts; names what is altered. A listed file that is missing or differs is `changed`, and no damage,
# where a change after its manifest explains it: of the file, of a symlink on the way, of a directory that was put in the
# place of another (which changes its own time and not that of its names), or, for a missing one, of the directory that it
# was in. So is one that changed just before the copy; one whose manifest is from after the copy, or from a time that came twice,
# for then the clock was set back, and nobody knows which came first; and an empty manifest that is not old. Of a live volume, what else differs is
# `suspect` in the first copy that shows it, and altered in another, with both times the same.
compare() {
  list join -t "$tab" -o 0,1.2,1.3,1.4,1.5,1.6,2.2 "$work/plan" "$work/sums" >"$work/compared"
  [ ! -e "$suspects" ] || list cp "$suspects" "$work/before"
  [ -e "$work/before" ] || : >"$work/before"
  read -r cut resting <"$work/cut"
  # shellcheck disable=SC2016
  list awk -F "$tab" -v OFS="$tab" -v unsettled="$unsettled" -v unwritten="$unwritten" -v now="$(cat "$work/now")" \
    -v cut="$cut" -v resting="$resting" -v copy="$(stat -c %.9Z "$scratch/$canary_file")" -v live="$live" -v odd="$odd" -v remember="$work/remember" '
    function parent(name) { return sub(/\/?[^\/]*$/, "", name) ? name : "" }
    function max(a, b) { return a > b ? a : b }
    function apart(a, b) { return a "" != b "" && (a > b ? a - b : b - a) >= unsettled }
    # A clock that was wrong by more than a day is no reason to doubt all that is written until it is right.
    function twice(time, by,   i) {
      for (i = 1; i <= turns; i++) if (from[i] <= time && by <= to[i] && to[i] - from[i] <= 86460) return 1
      return 0
    }
    function suspect(name, time, manifest, via, settling) {
      names[++suspects] = name; times[suspects] = time; promised[suspects] = manifest; ways[suspects] = via
      young[suspects] = settling
      wanted[manifest] = 1
      for (up = parent(name); up != ""; up = parent(up)) above[up] = 1
      above[""] = 1
      for (up = via; up != "" && up != "-"; up = parent(up)) above[up] = 1
    }
    # The promises of one file. Of two by one manifest, that contradict each other, one may hold.
    function flush(   i) {
      for (i = 1; i <= bad; i++) {
        if (bad_manifest[i] in good) odd++
        else suspect(previous, bad_time[i], bad_manifest[i], bad_via[i], bad_young[i])
      }
      bad = 0; split("", good)
    }
    FILENAME ~ /\/before$/ {
      if (NF == 2) { state = $1; state_of = $2 } else { first[$1, $2, $3] = $4; doubted[$1] }
      next
    }
    FILENAME ~ /\/clock$/ { if ($0 ~ /^[0-9]+ [0-9]+$/) { split($0, turn, " "); from[++turns] = turn[1] + 0; to[turns] = turn[2] + 1 }; next }
    FILENAME ~ /\/plan$/ {
      if ($4 != "-") { if ($4 != "malformed" && $4 != "empty") listed++ }
      else if ($1 !~ /^courses\/[^\/]*\/manifest\.sha256$/) unlisted++
      if ($1 != last) { files++; stored += $3; if ($2 > cut) behind++ }
      if ($1 in doubted) there[$1]
      last = $1
    }
    FILENAME ~ /\/compared$/ {
      if ($1 != previous) {
        flush(); checked++; bytes += $3; previous = $1; delete there[$1]
        if ($2 > cut) behind--
      }
      if ($4 == $7) good[$5] = 1
      else if ($4 != "-") {
        bad_time[++bad] = $2; bad_manifest[bad] = $5; bad_via[bad] = $6
        bad_young[bad] = $4 == "empty" ? unwritten : unsettled
      }
    }
    FILENAME ~ /\/missing$/ { listed++; delete there[$1]; suspect($1, "", $3, $4, unsettled) }
    FILENAME ~ /\/files$/ && ($1 in wanted) { written[$1] = $2 }
    FILENAME ~ /\/(directories|links)$/ && ($1 in above) { touched[$1] = $2; renamed[$1] = $3 > 0 && $3 != $2 }
    END {
      flush()
      # Two copies running are not left without a verdict.
      hold = !(state == "held" && apart(state_of, copy)) && !(state == "passed" && state_of "" == copy "")
      for (i = 1; i <= suspects; i++) {
        name = names[i]; time = times[i]; slack = 0; manifest = promised[i]; by = written[manifest]
        course = parent(manifest)
        if (time == "") {
          for (up = parent(name); !(up in touched) && up != ""; up = parent(up)) ;
          # A manifest that is renamed into place touches the directory in the same moment, give or take a tick.
          time = touched[up]; slack = 0.02
        } else for (up = parent(name); up != "" && up != course; up = parent(up)) if (renamed[up]) time = max(time, touched[up])
        for (up = ways[i]; up != "" && up != "-"; up = parent(up)) if (up in touched && up != course) time = max(time, touched[up])
        if (time > by + slack || time > now - young[i] || by > now || twice(time, by)) { changed++; continue }
        key = name SUBSEP time SUBSEP by
        since = (key in first) ? first[key] : copy
        kept[name OFS time OFS by OFS since] = 1
        said = (times[i] == "" ? "missing: " : "differs: ") name
        if (live && !apart(since, copy)) { if (hold) { if (++held <= 5) print "suspect", said } else changed++ }
        else if (++altered <= 5) print "altered", said
      }
      # What there was no time for stays under suspicion.
      for (key in first) {
        split(key, part, SUBSEP)
        line = part[1] OFS part[2] OFS part[3] OFS first[key]
        if (part[1] in there) kept[line] = 1
      }
      n = 0
      for (line in kept) { if (!n++) print (held > 0 ? "held" : "passed"), copy >remember; print line >remember }
      printf "files=%d\nlisted=%d\nchecked=%d\nunlisted=%d\nchanged=%d\nsuspect=%d\nodd=%d\nbytes=%.0f\nstored=%.0f\ndeferred=%d\nresting=%d\nbehind=%d\naltered=%d\n",
        files, listed, checked, unlisted, changed, held, odd, bytes, stored, files - checked - resting, resting, behind, altered
    }
  ' "$work/before" "$work/clock" "$work/plan" "$work/compared" "$work/missing" "$work/files" "$work/directories" "$work/links" >"$work/verdict"
  if [ -e "$work/remember" ]; then list cp "$work/remember" "$suspects"; else rm -f "$suspects"; fi
}
