#!/bin/sh
# Sourced by check.sh: what tools say of the metadata of the copy, while it is not mounted.
# shellcheck disable=SC2154 # what check.sh sets

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
