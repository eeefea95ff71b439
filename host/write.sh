#!/bin/sh
# remount-verb: write
# What remount-journal@.service runs, for the content volume that is named by the argument: writes its journal, until it is stopped, the
# volume is unmounted, or a later owner has sealed the journal. Leaves the agent's settings on the root disk (agent/README.md). Ends well where
# the volume is none of this host's. Else prints state, says why not, and ends with the codes of the verbs. No SSM document.

# shellcheck source=host/common.sh
. "$(dirname "$0")/common.sh"
# shellcheck source=host/owner.sh
. "$(dirname "$0")/owner.sh"
# shellcheck source=host/journal.sh
. "$(dirname "$0")/journal.sh"

# Region and bucket, as `update` was given them.
journal_note="$root/opt/remount/journal"

SSM_Volume="${1:-}"
need_volume
# What is about to be served (`listen_first`), or else what is. `release` may have come before it.
{ read -r volume_id <"$run_dir/$volume.first"; } 2>/dev/null || { read -r volume_id <"$marker"; } 2>/dev/null || exit 0
is_volume_id "$volume_id" || fail usage "$marker has no volume's id: $volume_id"
need_tools "$journal_agent"
{ read -r region bucket _ <"$journal_note"; } 2>/dev/null || fail usage "no journal is known here: $journal_note"
staging="$root/mnt/remount/$volume_id"
need_mounted "$staging"
need_self
find_journal_settings
term=$(left_term)
write_journal_settings
exec "$journal_agent" write "$journal_settings"
