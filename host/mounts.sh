#!/bin/sh
# What is mounted, whether it lives, and what it means that something does not mount.
# shellcheck disable=SC2034,SC2154 # set and used in other parts

# find_mount <directory>: whether it is mounted; sets mount_source. Reads the kernel's list and not the directory,
# which a shut-down XFS answers with EIO and a stalled volume not at all.
find_mount() {
  mount_source=''
  while read -r source directory _; do
    [ "$directory" = "$1" ] && mount_source="$source"
  done </proc/self/mounts
  [ -n "$mount_source" ]
}

# find_source <device>: whether it is mounted anywhere; sets mounted_on.
find_source() {
  mounted_on=''
  while read -r source directory _; do
    [ "$source" = "$1" ] && mounted_on="$directory"
  done </proc/self/mounts
  [ -n "$mounted_on" ]
}

# is_alive <directory>: XFS answers stat() with EIO once it is shut down, also from its caches.
is_alive() { [ -d "$1/." ]; }

# kernel_line: the last that the kernel complained of about XFS on mount_source, where its log may be read.
kernel_line() {
  line=$(dmesg 2>/dev/null | grep -F "XFS (${mount_source##*/})" | grep -E 'Shutting down|Corruption|Failed|Error' | tail -n 1)
  [ -z "$line" ] || printf 'kernel=%s\n' "$line"
}

# need_own_device <directory> <state>: what is mounted there comes from $volume_id. After a forced detach the mount is a ghost;
# a mount of another volume is not this one's, which is answered with the state.
need_own_device() {
  if has_serial "$mount_source"; then return 0; fi
  if [ -n "$serial" ]; then fail "$2" "$1 is mounted from $mount_source, which is $serial and not $volume_id"; fi
  kernel_line
  fail shutdown "$1 is mounted from $mount_source, which is not $volume_id any more: release it first"
}

# need_alive <directory>
need_alive() {
  if is_alive "$1"; then return 0; fi
  kernel_line
  fail shutdown "$volume_id is mounted on $1, but shut down"
}

# need_mounted <directory>: $volume_id is mounted there, lives, and holds the file system of $volume.
need_mounted() {
  find_mount "$1" || fail notMounted "$volume_id is not mounted on $1"
  need_own_device "$1" notMounted
  need_alive "$1"
  need_own_name "$1"
}

# refuse_mount <words of mount(8)>: only what the kernel says of the data is a verdict on them. What else keeps a mount from
# succeeding (no memory, no XFS in this kernel, a device that is write-protected or not there) is the host's. "Probably corrupted
# filesystem" is what it makes of EBADMSG (util-linux, libmount/src/context_mount.c), which XFS says of a log whose checksum is wrong.
refuse_mount() {
  kernel_line
  case "$1" in
    *'already mounted'* | *busy*) fail busy "$1" ;;
    *'Structure needs cleaning'* | *'bad superblock'* | *"can't read superblock"* | *'Input/output error'* | *'Bad message'* | \
      *'corrupted filesystem'*)
      fail unmountable "$1" ;;
  esac
  fail usage "this host could not mount $volume_id: $1"
}

# unmount_once <directory>: sets said. -c: finding the true path would ask a file system that may be shut down.
unmount_once() { said=$(umount -c "$1" 2>&1 7>&-); }
