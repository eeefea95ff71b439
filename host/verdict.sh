#!/bin/sh
# Sourced by check.sh: what differs from its manifest, and whether a change explains it (decision 12).
# shellcheck disable=SC2154 # what check.sh sets

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
