#!/bin/sh
# remount-verb: serve
# Puts a mounted volume into service: writes a fresh canary, switches the link that the web server follows, starts
# that where it does not run, and leaves the marker that makes this instance report. Parameters: SSM_Volume, SSM_VolumeId. Prints serving, canary.

# shellcheck source=host/common.sh
. "$(dirname "$0")/common.sh"
# shellcheck source=host/web.sh
. "$(dirname "$0")/web.sh"

act() {
  make_way
  find_mount "$staging" || fail notMounted "$volume_id is not mounted on $staging"
  if ! is_alive "$staging"; then
    kernel_line
    fail shutdown "$volume_id on $staging: the file system is shut down"
  fi
  if [ -e "$link" ] && [ ! -L "$link" ]; then
    fail usage "$link is not a link: it was not made by Remount and is left alone"
  fi

  mkdir -p "$staging/.remount" "$content_dir" "$marker_dir"
  # What probes left behind that were cut off between writing and renaming; younger ones may be at work.
  find "$staging/.remount" -name 'canary.tmp.*' -mmin +10 -delete
  write_canary "$staging"

  # rename(2) swaps the link at once: no request ever finds it missing.
  if ! { ln -sfn "$staging" "$link.new.$$" && mv -T -f "$link.new.$$" "$link"; }; then
    fail unreadable "$link could not be switched to $staging"
  fi
  start_web
  # The marker comes last: without it this instance reports nothing, and silence is an alarm.
  if ! { printf '%s\n' "$volume_id" >"$marker.new.$$" && mv -f "$marker.new.$$" "$marker"; }; then
    fail unreadable "no marker could be left at $marker"
  fi
  # A volume restored onto a larger one has a file system of the old size. A small one serves as well.
  grow || printf 'grown=false\n'
  printf 'serving=%s\ncanary=%s\nstate=serving\n' "$volume_id" "$written"
}

need_volume
need_volume_id
within "${REMOUNT_DEADLINE:-15}"
