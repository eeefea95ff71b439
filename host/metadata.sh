#!/bin/sh
# Sourced by check.sh: what tools say of the metadata of the copy, while it is not mounted.
# shellcheck disable=SC2154,SC2034 # check.sh has its names

# kernel_blames: whether the kernel has called the file system damaged since this check began; or nobody can know, for its
# log cannot be read, or does not reach back so far. From the mark on, for names of devices are given away again.
kernel_blames() {
  # shellcheck disable=SC2016 # awk's own variables
  dmesg 2>/dev/null | mark="$log_mark" awk -v of="XFS (${mount_source##*/})" '
    seen && index($0, of) && tolower($0) ~ /corrupt|crc error|internal error/ { blamed = 1 }
    $0 == ENVIRON["mark"] { seen = 1 }
    END { exit seen && !blamed }'
}

# need_room: where $work takes nothing more, what a tool has said is not there, or not all of it: half a list beside another half
# looks as damage does.
need_room() {
  { printf '%65536s' '' >"$work/room"; } 2>/dev/null || fail usage "no room in $work: nothing that was found counts"
  rm -f "$work/room"
}

# give_verdict <state> <message>: a verdict on the copy.
give_verdict() {
  need_room
  fail "$1" "$2"
}

# fail_on <file with the words of a tool>: a read failed. EIO is what XFS answers once it has shut down over damage, and
# what this host's way to the volume answers: without a word of damage it is no verdict.
fail_on() {
  need_room
  said=$(head -n 1 "$1" | plain)
  kernel_line
  case "$said" in
    *'No space left'* | *'Read-only file system'* | *'Cannot allocate memory'* | *'Too many open files'*)
      fail usage "this host cannot read the copy: $said" ;;
    *'Structure needs cleaning'*) fail corrupt "$said" ;;
    *'Input/output error'* | *'No such device'*)
      if kernel_blames; then fail shutdown "$said"; fi
      fail unreadable "$said: the kernel reports no damage, so it may be this host that cannot read" ;;
  esac
  fail unreadable "$said"
}

# spare_memory: sets spare, KiB: half of what is free, of the host and of the memory groups that this runs in. Never more,
# for this host may have to serve at any moment. What a group has cached of files counts as free.
spare_memory() {
  spare=$(sed -n 's/^MemAvailable: *\([0-9]*\) kB$/\1/p' /proc/meminfo)
  group=/sys/fs/cgroup$(sed -n 's/^0:://p' /proc/self/cgroup 2>/dev/null)
  while [ "$group" != "${group#/sys/fs/cgroup/}" ]; do
    most=max
    read -r most 2>/dev/null <"$group/memory.max"
    if [ "$most" != max ]; then
      read -r used <"$group/memory.current"
      cached=$(sed -n 's/^inactive_file //p' "$group/memory.stat")
      left=$(((most - used + cached) / 1024))
      [ "$left" -ge "$spare" ] || spare=$left
    fi
    group=${group%/*}
  done
  [ "$spare" -gt 0 ] || spare=0
  spare=$((spare / 2))
}

# no_verdict <tool> <exit code>: fails where the tool did not run to its end, which says nothing of the copy.
no_verdict() {
  case "$2" in
    126 | 127) fail usage "$1 cannot be run here (exit $2)" ;;
    137) fail interrupted "$1 was killed: the host is short of memory" ;;
    12[89] | 1[3-9]? | 2??) fail interrupted "$1 died (exit $2)" ;;
  esac
}

# fail_where_held <file with the words of a tool>: what somebody else has open, or mounted, was not looked at.
fail_where_held() {
  said=$(grep -iE 'device or resource busy|contains a (possibly )?(writable, )?mounted' "$1" | head -n 1)
  [ -z "$said" ] || fail busy "$volume_id is in use: $said"
}

# No limit of the address space: xfs_repair hangs when it meets one (tried, xfsprogs 6.1).
check_metadata() {
  spare_memory
  step xfs_repair -n -m "$((spare / 1024))" "$device" >"$work/repair" 2>&1
  result=$?
  incomplete=''
  if [ "$result" -eq 0 ]; then
    # It says so, and exits 0 all the same, where the only damage is a bad checksum in a block of attributes.
    grep 'Metadata .* detected' "$work/repair" >&2 && give_verdict corrupt "xfs_repair -n finds damage in $volume_id"
  else
    no_verdict xfs_repair "$result"
    fail_where_held "$work/repair"
    said=$(grep -iE 'memory for repair|not enough memory|insufficient memory|no memory for|(could|can) ?no?.?t allocate' "$work/repair")
    [ -z "$said" ] || fail usage "this host has too little memory to check $volume_id: $(printf '%s\n' "$said" | head -n 1)"
    grep -vE '^(Phase [0-9]|[[:space:]]*- |No modify|Using internal log|$)' "$work/repair" >"$work/findings"
    if ! only_incomplete; then
      head -n 5 "$work/findings" >&2
      give_verdict corrupt "xfs_repair -n finds damage in the metadata of $volume_id (exit $result)"
    fi
    incomplete=yes
  fi
  check_free_space
  check_blocks
}

# only_incomplete: whether all that was found are attributes that a copy caught while they were being set. A value of over
# 3 KB goes into blocks of its own, and until they are written its entry is marked INCOMPLETE. The kernel passes over it for
# good; xfs_repair would drop all attributes of the file, and says what that would change. check_attributes reads them all.
only_incomplete() {
  # shellcheck disable=SC2016 # awk's own variables
  step awk '
    match($0, /^attribute entry #[0-9]+ in attr block [0-9]+, inode [0-9]+ is INCOMPLETE$/) { known[$(NF - 2)] = 1; next }
    /^problem with attribute contents in inode [0-9]+$/ { if (!($NF in known)) exit 1; next }
    /^would clear attr fork$/ { next }
    /^bad (nblocks|anextents) [0-9]+ for inode [0-9]+, would reset to [0-9]+$/ {
      inode = $6; sub(/,/, "", inode)
      if (!(inode in known)) exit 1
      next
    }
    { exit 1 }' "$work/findings" && [ -s "$work/findings" ]
}

# check_free_space: the two trees of free space must say the same. xfs_repair -n does not compare them where the tree by
# block calls a block free that holds a part of an extent map (scan_bmapbt() in xfsprogs, repair/scan.c).
check_free_space() {
  for order in '' ' -c'; do
    step xfs_db -r -c "freesp -s$order" "$device" >"$work/free$order" 2>&1
    result=$?
    [ "$result" -eq 0 ] || { no_verdict xfs_db "$result" && fail_where_held "$work/free$order"; }
    [ "$result" -eq 0 ] || give_verdict corrupt "$(head -n 1 "$work/free$order")"
  done
  if cmp -s "$work/free" "$work/free -c"; then return 0; fi
  grep -h '^total free' "$work/free" "$work/free -c" >&2
  give_verdict corrupt "the two trees of free space of $volume_id contradict each other"
}

# check_blocks: who has each block, by all that claim one: xfs_repair -n does not ask the list of blocks kept for the trees
# of free space, nor whether a block of a tree of inodes or of an extent map is called free. xfs_db keeps some 9 bytes a
# block and some 100 an inode (tried, xfsprogs 6.1): where that is more than half of what is free, or it takes too long, or
# ends for any other reason but what it found, this is left out, and said.
check_blocks() {
  blockget='skipped'
  counts=$(step xfs_db -r -c 'sb 0' -c 'p dblocks icount' "$device" 2>/dev/null) || return 0
  blocks=$(printf '%s\n' "$counts" | sed -n 's/^dblocks = \([0-9]*\)$/\1/p')
  inodes=$(printf '%s\n' "$counts" | sed -n 's/^icount = \([0-9]*\)$/\1/p')
  needed=$(((${blocks:-0} * 10 + ${inodes:-0} * 100) / 1024))
  [ "$needed" -gt 0 ] && [ "$needed" -lt "$spare" ] || return 0
  # shellcheck disable=SC2016 # the inner shell's own parameters
  step timeout -s KILL "$looking" sh -c 'ulimit -v "$1" && exec xfs_db -r -c blockget "$2"' sh \
    $((needed * 2 + 524288)) "$device" >"$work/blocks" 2>"$work/said"
  result=$?
  if [ "$result" -eq 3 ] && ! grep -qiE 'input/output error|memory|allocate' "$work/said" && grep -q . "$work/blocks"; then
    head -n 5 "$work/blocks" | plain >&2
    give_verdict corrupt "xfs_db finds blocks of $volume_id that two have, or none"
  fi
  [ "$result" -ne 0 ] || blockget='done'
}

# check_attributes: of all that is mounted. No tool for metadata looks whose block of attributes it is; the kernel does.
# Files and directories alone: symlinks and devices have none that anybody serves.
check_attributes() {
  attributes=skipped
  result=127
  if command -v getfattr >/dev/null; then
    step timeout -s KILL "$looking" getfattr -R -P -h -d -m - -- "$scratch" >/dev/null 2>"$work/said"
    result=$?
    grep -E 'Structure needs cleaning|Input/output error|No such device' "$work/said" >"$work/blamed" && fail_on "$work/blamed"
  fi
  case "$result" in
    0 | 1) attributes='read' ;;
  esac
  [ -z "$incomplete" ] || [ "$attributes" = read ] ||
    fail usage "$volume_id has attributes that were being set when it was copied, and this host cannot read the others (getfattr: exit $result)"
}
