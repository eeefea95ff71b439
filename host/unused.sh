#!/bin/sh
# remount-verb: unused
# Does nothing on this instance use the volume? Looks, and changes nothing: for a person who lets go of one in quarantine. Somebody may be
# salvaging from it, so a mount counts wherever it is, in another process's mount namespace too, and so does whoever reads the device
# itself. Asks the kernel alone: a file system that is shut down, or a volume whose I/O hangs, answers nothing.
# Parameters: SSM_Volume, SSM_VolumeId. Prints state, volumeId.

# shellcheck source=host/common.sh
. "$(dirname "$0")/common.sh"

# refuse_mounted: by its device, and where that is gone from under a mount by the places where verbs mount it.
refuse_mounted() {
  for mounted in "$staging" "$(check_directory "$volume_id")"; do
    ! find_mount "$mounted" || fail busy "$volume_id is mounted on $mounted"
  done
  find_device || return 0
  ! find_source "$device" || fail busy "$volume_id is mounted on $mounted_on"
  # Of a block device: the third field of its mounts (proc_pid_mountinfo(5)). stat(1) has the numbers in hexadecimal.
  numbers=$(stat -c '%t %T' "$device") || fail usage "no answer of $device"
  numbers="$((0x${numbers% *})):$((0x${numbers#* }))"
  within_another=$(grep -ls "^[0-9]* [0-9]* $numbers " /proc/[0-9]*/mountinfo | head -n 1 | cut -d / -f 3)
  [ -z "$within_another" ] || fail busy "$volume_id is mounted where process $within_another sees it"
}

# refuse_open: whoever has the device itself open, a process or a device that is made of it (device mapper).
refuse_open() {
  [ -n "$device" ] || return 0
  reader=$(find /proc/[0-9]*/fd -maxdepth 1 -type l -lname "$device" 2>/dev/null | head -n 1 | cut -d / -f 3)
  [ -z "$reader" ] || fail busy "process $reader has $device open, which is $volume_id"
  for upper in "$root/sys/block/${device##*/}/holders"/*; do
    [ ! -e "$upper" ] || fail busy "${upper##*/} is made of $volume_id"
  done
}

act() {
  ! is_marked || fail busy "$volume_id is what this host is to serve"
  [ "$(readlink "$link")" != "$staging" ] || fail busy "$volume_id is served here: $link leads to it"
  refuse_mounted
  refuse_open
  printf 'state=unused\nvolumeId=%s\n' "$volume_id"
}

need_volume
need_volume_id
within "${REMOUNT_DEADLINE:-10}"
