#!/bin/sh
# Sourced by check.sh: the content of the copy is read, as far as there is time.
# shellcheck disable=SC2154,SC2034 # check.sh has its names

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
