#!/bin/sh
# Which device a volume is, by the device's own word: the serial number of an EBS volume's NVMe controller is the volume's id
# without the dash (docs.aws.amazon.com/ebs/latest/userguide/identify-nvme-ebs-device.html), and the kernel shows it in sysfs.
# udev's links below /dev/disk/by-id are made from it, too, but may be left from a volume that is gone: they are not asked.
# shellcheck disable=SC2034,SC2154 # set and used in other parts

# serial_of <kernel name of a device>: sets serial. It is padded with blanks.
serial_of() {
  serial=''
  { read -r serial _ <"$root/sys/block/$1/device/serial"; } 2>/dev/null || :
  [ -n "$serial" ]
}

# has_serial <device>: whether it is $volume_id; sets serial.
has_serial() { serial_of "${1##*/}" && [ "$serial" = "vol${volume_id#vol-}" ]; }

# find_device: sets device, as the kernel's list of mounts names it.
find_device() {
  device=''
  for each in "$root"/sys/block/*/device/serial; do
    each="${each%/device/serial}"
    each="$root/dev/${each##*/}"
    # Paths to one device that it multiplexes have no node.
    if has_serial "$each" && [ -b "$each" ]; then
      device=$(readlink -f "$each")
      return 0
    fi
  done
  return 1
}

# wait_for_device: the kernel shows it a moment after EC2 calls the volume attached.
wait_for_device() {
  tries=$((${REMOUNT_DEVICE_WAIT:-5} * 5))
  until find_device; do
    [ "$tries" -gt 0 ] || fail noDevice "$volume_id is not on this instance: no device has its serial number$(stale_link)"
    tries=$((tries - 1))
    sleep 0.2
  done
}

# stale_link: for people: the link of that name, where there is one, leads to something else.
stale_link() {
  linked=$(readlink -f "$root/dev/disk/by-id/nvme-Amazon_Elastic_Block_Store_vol${volume_id#vol-}") && [ -b "$linked" ] || return 0
  serial_of "${linked##*/}" || serial='no volume'
  printf '; a link of that name leads to %s, which is %s' "$linked" "$serial"
}

# sectors_moved: sets moved: sectors that $device has read and written so far (Documentation/block/stat.rst of the kernel).
sectors_moved() {
  moved=0
  [ -n "${device:-}" ] || return 0
  { read -r _ _ sectors_read _ _ _ sectors_written _ <"$root/sys/block/${device##*/}/stat"; } 2>/dev/null || return 0
  moved=$((sectors_read + sectors_written))
}

# need_own_name <mounted root>: the file system there was made for $volume, by the full name that `format` wrote on it. Where
# that is missing or torn, its label, which has the first twelve characters, must do. Needs mount_source.
need_own_name() {
  if said=$(cat "$1/.remount/formatted" 2>&1); then
    case "$said" in
      "$volume vol-"*) return 0 ;;
      *' vol-'*) fail foreign "the file system of $volume_id was made for ${said%% *}, and not for $volume" ;;
    esac
  else
    case "${said##*: }" in
      'No such file or directory' | 'Not a directory') ;;
      *) fail_read "name on the file system" "$said" ;;
    esac
  fi
  labelled=$(blkid -p -o value -s LABEL "$mount_source" 2>/dev/null)
  [ "$labelled" = "$(label_of "$volume")" ] ||
    fail foreign "the file system of $volume_id does not say for which content volume it was made, and its label is \"$labelled\""
}

# label_of <content volume>: XFS labels have 12 characters.
label_of() { printf '%.12s' "$1"; }

# The label in the superblock (fs/xfs/libxfs/xfs_format.h of the kernel: sb_magicnum at 0, sb_fname at 108): a block that a mount reads, too.
# shellcheck disable=SC2016 # the inner shell's own parameter
label_script='[ "$(dd if="$1" bs=4 count=1 status=none)" != XFSB ] || dd if="$1" bs=1 skip=108 count=12 status=none | tr -d "\0"'

# look_first <directory> <file> [step]: what carries the label of another content volume is mounted read-only first, without its log
# (norecovery, xfs(5)): where it has another's name, too, nothing is written to it.
look_first() {
  ${3:-} sh -c "$label_script" sh "$device" >"$2" 2>/dev/null 7>&-
  labelled=''
  read -r labelled <"$2"
  case "$labelled" in '' | "$(label_of "$volume")") return 0 ;; esac
  ${3:-} mount -t xfs -o ro,norecovery,nouuid,nodev,nosuid "$device" "$1" >"$2" 2>&1 7>&- || return 0
  mount_source="$device"
  (need_own_name "$1")
  code=$?
  unmount_once "$1" || fail busy "$said"
  [ "$code" -eq 0 ] || exit "$code"
}
