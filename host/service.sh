#!/bin/sh
# How a mounted volume comes into service and out of it: link and marker. Whoever calls these has the volume's lock.
# shellcheck disable=SC2034,SC2154 # set and used in other parts

# prepare <directory> <what it is to hold> <file>: the file's next state, aside. Sets said.
prepare() {
  need_directory "$1"
  said=$({ printf '%s\n' "$2" >"$3"; } 2>&1) || fail usage "$said"
  [ -s "$3" ] || fail usage "no room on this host: $3"
  sync "$3"
}

# put_into_service: $volume_id, mounted on $staging, as $volume. Prints serving, canary, state.
put_into_service() {
  need_mounted "$staging"
  if [ -e "$link" ] && [ ! -L "$link" ]; then
    fail usage "$link is not a link: it was not made by Remount and is left alone"
  fi
  end_spare
  need_directory "$staging/.remount"
  # What probes left behind that were cut off between writing and renaming; younger ones may be at work.
  find "$staging/.remount" -name 'canary.tmp.*' -mmin +10 -delete 2>/dev/null
  # Whoever changed the modes of everything changed ours, too.
  chmod 755 "$staging/.remount" 2>/dev/null
  write_canary "$staging"

  # What needs room on this host's disk comes before anything changes.
  need_directory "$content_dir"
  prepare "$marker_dir" "$volume_id" "$marker.new.$$"
  listen_first
  # rename(2) swaps the link at once: no request ever finds it missing.
  if ! said=$({ ln -sfn "$staging" "$link.new.$$" && mv -T -f "$link.new.$$" "$link"; } 2>&1); then
    rm -f "$link.new.$$" "$marker.new.$$"
    fail usage "$link could not be switched to $staging: $said"
  fi
  start_web
  # The marker comes last: without it this instance reports nothing, and silence is an alarm.
  said=$(mv -f "$marker.new.$$" "$marker" 2>&1) || fail usage "no marker could be left at $marker: $said"
  sync "$marker_dir"
  # A volume restored onto a larger one has a file system of the old size. A small one serves as well.
  grow || printf 'grown=false\n'
  start_writer
  rm -f "$run_dir/$volume.first"
  limit_writer
  start_intake start
  printf 'serving=%s\ncanary=%s\nstate=serving\n' "$volume_id" "$written"
}

# take_out_of_service: what serves another volume under the same name is left alone.
take_out_of_service() {
  if is_marked; then
    rm -f "$marker"
    # For good, before anything else: after a power cut too, this host does not serve it again by itself.
    sync "$marker_dir"
  fi
  if [ "$(readlink "$link")" = "$staging" ]; then rm -f "$link"; fi
}

# grow: the file system takes all of its device, online; a file system that has it already stays as it is. Sets said.
grow() { said=$(xfs_growfs -d "$staging" 2>&1); }
