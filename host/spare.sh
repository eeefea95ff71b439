#!/bin/sh
# remount-verb: spare
# What remount-spare@.service runs, for the volume whose id is the argument: applies its journal onto it, as `follow` has mounted it and noted what to do,
# until it is stopped. Ends well where the volume is no spare any more. Else prints state, says why not, and ends with the codes of the verbs. No SSM
# document.

# shellcheck source=host/common.sh
. "$(dirname "$0")/common.sh"
# shellcheck source=host/journal.sh
. "$(dirname "$0")/journal.sh"

SSM_VolumeId="${1:-}"
need_volume_id
find_journal_settings
[ -r "$journal_settings" ] || exit 0
SSM_Volume=$(sed -n 's/^{"volume":"\([a-z0-9-]*\)".*/\1/p' "$journal_settings")
need_volume
if is_marked || is_taken; then exit 0; fi
need_tools "$journal_agent"
need_mounted "$staging"
exec "$journal_agent" follow "$journal_settings"
