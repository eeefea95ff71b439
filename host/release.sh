#!/bin/sh
# remount-verb: release
# Takes the volume out of service on this instance and unmounts it, dead or alive. What serves another volume under the
# same name is left alone. Never a lazy unmount: a volume that only looks unmounted still has a writer.
# Who downloads from it is cut off after two seconds. Where somebody else has a file open, and the file system is shut down, it is
# as good: nothing is written to it any more (`state=fenced`).
# Parameters: SSM_Volume, SSM_VolumeId. Prints state, volumeId; held, on `busy`; flushed, where changes to files are journaled here.

# shellcheck source=host/common.sh
. "$(dirname "$0")/common.sh"
# shellcheck source=host/web.sh
. "$(dirname "$0")/web.sh"
# shellcheck source=host/leave.sh
. "$(dirname "$0")/leave.sh"
# shellcheck source=host/journal.sh
. "$(dirname "$0")/journal.sh"
# shellcheck source=host/writer.sh
. "$(dirname "$0")/writer.sh"
# shellcheck source=host/uploads.sh
. "$(dirname "$0")/uploads.sh"

act() {
  take_out_of_service
  let_go
  # A mount that is under way would come to an end after this. Whoever was about to serve it does not any more.
  end_holder
  lock_volume release 15 || fail busy "something works on $volume_id here, and may still mount it"
  take_out_of_service
  # A link to another volume: its web server goes on. Else there is nothing to serve.
  [ -L "$link" ] || stop_web
  stop_follower
  [ -L "$link" ] || end_intake
  # Writers that are no web server may have written until now.
  if find_mount "$staging"; then flush_journal; fi
  # As with the web server: that of another volume under this name goes on.
  [ -L "$link" ] || { intake_ended; stop_writer; }

  renewed=''
  # The second is there only after a check that was killed.
  for mounted in "$staging" "$(check_directory "$volume_id")"; do
    # A request in flight, or a probe, may hold it for a moment.
    tries=10
    while find_mount "$mounted"; do
      unmount_once "$mounted" && continue
      umount_said="$said"
      if [ -z "$renewed" ] && [ -L "$link" ]; then renewed=yes; renew_web; fi
      tries=$((tries - 1))
      [ "$tries" -gt 0 ] || leave "$mounted" "$umount_said"
      sleep 0.2
    done
    if [ -d "$mounted" ]; then rmdir "$mounted" 2>/dev/null; fi
  done
  rm -f "$run_dir/$volume_id.leaving"
  forget_spare
  printf 'state=released\nvolumeId=%s\n' "$volume_id"
}

need_volume
need_volume_id
within "${REMOUNT_DEADLINE:-30}"
