#!/bin/sh
# remount-verb: intake
# What remount-intake@.service runs, for the content volume that is named by the argument: takes uploads in, until it is stopped, or the volume is
# unmounted. Leaves the agent's settings beside its socket. Ends well where the volume is none of this host's. Else prints state, says why not, and ends
# with the codes of the verbs. No SSM document.

# shellcheck source=host/common.sh
. "$(dirname "$0")/common.sh"
# shellcheck source=host/journal.sh
. "$(dirname "$0")/journal.sh"

# Region and bucket, as `update` was given them; and what is taken, of this version.
intake_note="$root/opt/remount/intake"
intake_rules="$(dirname "$0")/etc/intake-rules"

SSM_Volume="${1:-}"
need_volume
# What is served here, and nothing else: `release` takes the marker away before anything.
{ read -r volume_id <"$marker"; } 2>/dev/null || exit 0
is_volume_id "$volume_id" || fail usage "$marker has no volume's id: $volume_id"
staging="$root/mnt/remount/$volume_id"
[ "$(readlink "$link")" = "$staging" ] || exit 0
need_tools "$journal_agent"
{ read -r region bucket _ <"$intake_note"; } 2>/dev/null || fail usage "no intake is known here: $intake_note"
read -r rules 2>/dev/null <"$intake_rules" || fail usage "no rules of an intake are here: $intake_rules"
need_mounted "$staging"
need_directory "$run_dir"
intake_settings="$run_dir/$volume_id.intake.json"
if ! { printf '{"volume":"%s","bucket":"%s","region":"%s","mountPoint":"%s","socket":"%s","statsd":%s,%s%s}\n' \
  "$volume" "$bucket" "$region" "$staging" "$run_dir/$volume_id.journal" "${REMOUNT_STATSD_PORT:-8125}" \
  "${REMOUNT_INTAKE_LOOK_MS:+\"lookMs\":$REMOUNT_INTAKE_LOOK_MS,}" "$rules" >"$intake_settings.new" &&
  mv "$intake_settings.new" "$intake_settings"; }; then
  fail usage "this host has no room for the settings of its agent"
fi
exec "$journal_agent" intake "$intake_settings"
