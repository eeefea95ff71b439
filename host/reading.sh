#!/bin/sh
# Sourced by check.sh: the content of the copy is read, as far as there is time.
# shellcheck disable=SC2154 # check.sh has its names

# Bytes a second that a volume is read with at the least: gp3 gives 125 MiB/s without paying for more.
rate=104857600

# read_files <list of names> <seconds>: appends to the sums. Many files a process, one process at a time, and few checksums
# in its buffer when its time is over.
read_files() {
  # ./, for sha256sum takes a file named - for its standard input.
  names_in "$1" "$work/names" ./
  step timeout -s KILL "$2" env -C "$scratch" xargs -0 -r -a "$work/names" stdbuf -o 512 sha256sum -z -- \
    >"$work/sums.0" 2>"$work/said"
  result=$?
  list sed -z "$encode; s/^\(.\{64\}\)  \.\/\(.*\)\$/\2$tab\1/" "$work/sums.0" >"$work/sums.1"
  list tr '\0' '\n' <"$work/sums.1" >"$work/sums.2"
  case "$result" in
    0) ;;
    123) fail_to_read ;;
    # The last line may be half a line.
    137) list sed -i -e \$d "$work/sums.2" ;;
    *) need_room && fail interrupted "reading was cut off: $(head -n 1 "$work/said")" ;;
  esac
  list cat "$work/sums.2" >>"$work/sums.3"
}

# fail_to_read: but for a path of over 4,096 bytes, which can be made, from within, and not be opened by its name: it stays
# unread, and says nothing of the others.
fail_to_read() { grep -v 'File name too long' "$work/said" >"$work/blamed" && fail_on "$work/blamed"; }

# time_left <seconds to keep>: sets left, at least a second; or whether there is any.
time_left() {
  left=$((budget - $1 - $(date +%s) + compared_from))
  [ "$left" -gt 0 ] || { left=1 && return 1; }
}

# read_content: half of the time is for what is fresh, so that much that is new does not keep the drill from everything else;
# and a tenth, at the end, for large files, so that they do not wait for ever.
read_content() {
  : >"$work/sums.3"
  kept=0
  [ ! -s "$work/large" ] || kept=$((budget / 10))
  read_files "$work/fresh" $(((budget - kept) / 2 + 1))
  time_left "$kept"
  read_files "$work/first" "$left"
  read_large
  in_order "$work/sums.3" "$work/sums"
  rm -f "$work/sums".[0123] "$work/names"* "$work/fresh"* "$work/first" "$work/second" "$work/large"*
}

# read_large: whole, and compared, where it is listed and the time that is left is enough at the rate above; otherwise its
# data, or a piece of them, another in each drill: that shows what cannot be read, and nothing more.
read_large() {
  turns=$(grep -c . "$work/large")
  while IFS="$tab" read -r name size sum <&4; do
    time_left 0 || break
    printf '%s\n' "$name" >"$work/one"
    if [ "$sum" != - ] && [ $((size / rate)) -lt "$left" ]; then
      read_files "$work/one" "$left"
    else
      read_data "$size" $((left / turns + 1))
      # Nothing to be compared with.
      if [ -n "$whole" ] && [ "$sum" = - ]; then printf '%s\t-\n' "$name" >>"$work/sums.3"; fi
    fi
    turns=$((turns - 1))
  done 4<"$work/large"
}

# read_data <size> <seconds>: of the file in the list `one`; sets whole where it was all. A hole has no data that could be
# lost, and takes no time.
read_data() {
  whole=yes
  names_in "$work/one" "$work/name" ./
  ends=$(($(date +%s) + $2))
  step timeout -s KILL "$2" env -C "$scratch" xargs -0 -a "$work/name" xfs_io -r -c 'seek -a -r 0' >"$work/map" 2>/dev/null
  # shellcheck disable=SC2016 # awk's own variables
  list awk -v size="$1" -v quota="$(($2 * rate))" -v seed="$seed" '
    function add(from, to) { start[++n] = from; count[n] = to - from; total += to - from }
    function take(i, skip, most) {
      most = most < count[i] - skip ? most : count[i] - skip
      if (most > 0) printf "%.0f %.0f\n", start[i] + skip, most
      return most > 0 ? most : 0
    }
    $1 == "DATA" { from = $2; open = 1 }
    $1 == "HOLE" { if (open) add(from, $2); open = 0; known = 1 }
    END {
      if (open) add(from, size)
      # Nobody can say where its data are.
      if (!n && !known) add(0, size)
      if (total > quota) print "part"
      else quota = total
      turn = seed * 0.61803398874989484; skip = (turn - int(turn)) * total
      skip -= skip % 1048576
      for (i = 1; i <= n && skip >= count[i]; i++) skip -= count[i]
      for (done = 0; n && done < 2 * n && quota > 0; done++) {
        if (i > n) i = 1
        quota -= take(i++, skip, quota); skip = 0
      }
    }' "$work/map" >"$work/ranges"
  while read -r from length <&5; do
    seconds=$((ends - $(date +%s)))
    if [ "$from" = part ] || [ "$seconds" -le 0 ]; then whole='' && continue; fi
    # shellcheck disable=SC2016 # the inner shell's own parameters
    step timeout -s KILL "$seconds" env -C "$scratch" xargs -0 -a "$work/name" sh -c \
      'exec dd if="$3" of=/dev/null bs=1M iflag=skip_bytes,count_bytes skip="$1" count="$2" status=none' \
      sh "$from" "$length" 2>"$work/said"
    case $? in
      0) ;;
      123) whole='' && fail_to_read ;;
      *) whole='' ;;
    esac
  done 5<"$work/ranges"
}
