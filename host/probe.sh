#!/bin/sh
# remount-verb: probe
# Does this instance serve the content volume? Reads the canary as the web server's user, writes a new one, for a read alone may be
# answered from the page cache of a volume that is long dead, and gets it from the web server, as users do. While the volume is
# frozen for a snapshot (`freeze`), for seconds, nothing can be written, and a read must do.
# Parameter: SSM_Volume. Prints state, volumeId, canary (the time it held), full, frozen, used (percent of the space, or of the inodes,
# whichever is more), ms (how long it took).

# shellcheck source=host/common.sh
. "$(dirname "$0")/common.sh"
# shellcheck source=host/web.sh
. "$(dirname "$0")/web.sh"

# used_percent <root>: 100 where nothing more can be written.
used_percent() {
  [ -z "$full" ] || { printf '100\n'; return 0; }
  df --output=pcent,ipcent "$1" 2>/dev/null | tr -d '%-' | awk 'NR > 1 { print ($1 > $2) ? $1 + 0 : $2 + 0 }'
}

act() {
  began=$(date +%s%N)
  full=''
  name_volume
  need_mounted "$target"
  read_canary "$link"
  printf 'canary=%s\n' "$canary"
  # For thaw.
  staging="$target"
  if is_frozen; then
    printf 'frozen=true\n'
  else
    write_canary "$target"
    [ -z "$full" ] || printf 'full=true\n'
  fi
  need_web
  printf 'used=%s\nms=%s\n' "$(used_percent "$target")" $((($(date +%s%N) - began) / 1000000))
  printf 'state=serving\n'
}

need_volume
need_web_user
# The link is no part of any volume, and reading it never hangs. It is read once: a probe that hangs through a replacement must
# not write to the volume that came after, nor keep that one from being probed.
target=$(readlink "$link") || fail notMounted "$volume is not served here: no link $link"
volume_id="${target##*/}"
is_volume_id "$volume_id" || fail notMounted "$link leads to $target, which is no volume"
refuse_if_stuck
within "${REMOUNT_DEADLINE:-5}"
