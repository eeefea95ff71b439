#!/bin/sh
# remount-verb: verify
# Checks a mounted volume before it serves: the canary is there, and the web server's user can read the content.
# Parameters: SSM_Volume, SSM_VolumeId. Prints state, volumeId, canary (the time it holds: how far the data reach),
# files (regular files outside .remount) and filesComplete (false: the count was cut off by its deadline).

# shellcheck source=host/common.sh
. "$(dirname "$0")/common.sh"

act() {
  find_mount "$staging" || fail notMounted "$volume_id is not mounted on $staging"
  if ! is_alive "$staging"; then
    kernel_line
    fail shutdown "$volume_id on $staging: the file system is shut down"
  fi
  read_canary "$staging"
  printf 'volumeId=%s\ncanary=%s\n' "$volume_id" "$canary"

  # A volume fresh from a snapshot loads its blocks on first touch: counting may take long, and is not worth the wait.
  counted="$run_dir/counted.$$"
  as_web_user timeout -s KILL "${REMOUNT_COUNT_SECONDS:-15}" \
    find "$staging" -path "$staging/.remount" -prune -o \
    -type f \( -readable -printf 'r\n' -o -printf 'u\n' \) >"$counted" 2>"$counted.err"
  result=$?
  files=$(grep -c . "$counted")
  unreadable=$(grep -c u "$counted")
  said=$(head -n 1 "$counted.err")
  rm -f "$counted" "$counted.err"
  # 137: killed by timeout(1) at its deadline.
  if [ "$result" -ne 0 ] && [ "$result" -ne 137 ]; then
    case "$said" in *'No such file'*) ;; *) fail_read "content" "$said" ;; esac
  fi
  [ "$unreadable" -eq 0 ] || fail unreadable "$unreadable of $files files cannot be read by $web_user"
  if [ "$result" -eq 137 ]; then complete=false; else complete=true; fi
  printf 'files=%s\nfilesComplete=%s\nstate=verified\n' "$files" "$complete"
}

need_volume
need_volume_id
need_web_user
within "${REMOUNT_DEADLINE:-30}"
