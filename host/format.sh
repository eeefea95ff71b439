#!/bin/sh
# remount-verb: format
# Makes the file system on a blank volume, and on nothing else. A volume that this verb formatted for the same content
# volume, and that never served, counts as done. Parameters: SSM_Volume, SSM_VolumeId. Prints state, volumeId.

# shellcheck source=host/common.sh
. "$(dirname "$0")/common.sh"

mebibyte=1048576

# zero_at <byte>: a mebibyte of zeros from there on?
zero_at() { cmp -s -n "$mebibyte" -i "$1:0" "$device" /dev/zero; }

# is_blank: no signature that blkid or wipefs knows; zeros at the start, at the quarters (where mkfs.xfs puts copies of
# the superblock, so that a volume whose start alone was wiped is found) and at the end.
is_blank() {
  blkid -p "$device" >/dev/null 2>&1
  # 2: nothing found. 0: found. 8: several found. Anything else: not known.
  [ "$?" -eq 2 ] || return 1
  signatures=$(wipefs --no-act "$device") || return 1
  [ -z "$signatures" ] || return 1
  size=$(blockdev --getsize64 "$device") || return 1
  quarter=$((size / 4 / 4096 * 4096))
  zero_at 0 && zero_at "$quarter" && zero_at $((quarter * 2)) && zero_at $((quarter * 3)) && zero_at $((size - mebibyte))
}

# is_fresh <mounted root>: nothing in it but what this verb made for this very volume.
is_fresh() {
  for entry in "$1"/* "$1"/.[!.]* "$1"/..?*; do
    [ -e "$entry" ] || [ -L "$entry" ] || continue
    [ "$entry" = "$1/.remount" ] || return 1
  done
  # Cut off between mkfs and here: empty, and with our label.
  [ -d "$1/.remount" ] || return 0
  for entry in "$1"/.remount/* "$1"/.remount/.[!.]*; do
    [ -e "$entry" ] || continue
    [ "$entry" = "$1/.remount/formatted" ] || return 1
  done
  [ ! -e "$1/.remount/formatted" ] || [ "$(cat "$1/.remount/formatted")" = "$volume $volume_id" ]
}

# settle <mounted root>: completes a fresh file system. The answer is in its exit code: 1 where it is none; 2 where that could
# not be written, and then in said.
settle() {
  is_fresh "$1" || return 1
  said=$({ mkdir -p "$1/.remount" &&
    printf '%s %s\n' "$volume" "$volume_id" >"$1/.remount/formatted" &&
    sync "$1/.remount/formatted" "$1/.remount"; } 2>&1) || return 2
}

# conclude <exit code of settle>
conclude() {
  case "$1" in
    0) return 0 ;;
    2) fail_read 'what was just formatted' "$said" ;;
  esac
  fail notBlank "$volume_id holds data: not formatted"
}

# make: the file system. Without -f, mkfs.xfs itself refuses a device on which it finds anything.
make() {
  said=$(mkfs.xfs -q -K -L "$label" "$device" 2>&1) && return 0
  case "$said" in
    *busy*) fail busy "$said" ;;
    *'Input/output error'*) fail unmountable "no file system could be made: $said" ;;
  esac
  fail usage "no file system could be made on this host: $said"
}

act() {
  need_tools blkid wipefs blockdev cmp mkfs.xfs
  label=$(label_of "$volume") # .remount/formatted has the whole name
  lock_volume format 10 || fail busy "something works on $volume_id here, and does not end"
  wait_for_device
  if find_mount "$staging"; then
    need_own_device "$staging" busy
    need_alive "$staging"
    settle "$staging"
    conclude "$?"
  else
    if is_blank; then
      make
    elif [ "$(blkid -p -o value -s TYPE "$device" 2>/dev/null)" != xfs ] ||
      [ "$(blkid -p -o value -s LABEL "$device" 2>/dev/null)" != "$label" ]; then
      fail notBlank "$volume_id holds data: not formatted"
    fi
    scratch="$run_dir/format.$volume_id"
    need_directory "$scratch"
    if ! find_mount "$scratch"; then
      if ! said=$(mount -t xfs -o nouuid,nodev,nosuid "$device" "$scratch" 2>&1) && ! find_mount "$scratch"; then
        case "$said" in *busy* | *'already mounted'*) fail busy "$said" ;; esac
        fail notBlank "$volume_id holds a file system that does not mount: not formatted: $said"
      fi
    fi
    settle "$scratch"
    settled=$?
    why="$said"
    unmount_once "$scratch" || fail busy "$said"
    rmdir "$scratch"
    said="$why"
    conclude "$settled"
  fi
  printf 'state=formatted\nvolumeId=%s\n' "$volume_id"
}

need_volume
need_volume_id
within "${REMOUNT_DEADLINE:-60}"
