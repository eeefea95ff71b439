#!/bin/sh
# remount-verb: witness
# What remount-witness.service runs: asks the owner of each content volume of this zone whether it serves, and says where it does not, until it is stopped
# (agent/README.md). Leaves its settings in /run/remount. Ends well where the stack has no witness. Else prints state, says why not, and ends with the codes
# of the verbs. No SSM document.

# shellcheck source=host/common.sh
. "$(dirname "$0")/common.sh"
# shellcheck source=host/owner.sh
. "$(dirname "$0")/owner.sh"

# Region and table, as `update` was given them; and what is watched, of this version: a name and a zone a line.
witness_note="$root/opt/remount/witness"
watched="$(dirname "$0")/etc/witness-volumes"
agent="$(dirname "$0")/agent/witness.mjs"

[ -r "$witness_note" ] || exit 0
{ read -r region table _ <"$witness_note"; } 2>/dev/null || fail usage "no table is known here: $witness_note"
{ read -r _ ledger _ <"$ledger_note"; } 2>/dev/null || fail usage "no ledger is known here: $ledger_note"
need_tools "${REMOUNT_NODE:-node-24}"
need_self
zone=$(curl -sS -f -m 3 -H "X-aws-ec2-metadata-token: $token" "$metadata/meta-data/placement/availability-zone" 2>&1) ||
  fail timeout "this instance cannot learn its zone: $zone"
volumes=$(awk -v zone="$zone" '$2 == zone { printf "%s\"%s\"", comma, $1; comma = "," }' "$watched") ||
  fail usage "what is watched is not to be read: $watched"
need_directory "$run_dir"
witness_settings="$run_dir/witness.json"
if ! { printf '{"region":"%s","ledger":"%s","table":"%s","self":"%s","volumes":[%s]}\n' \
  "$region" "$ledger" "$table" "$self" "$volumes" >"$witness_settings.new" && mv "$witness_settings.new" "$witness_settings"; }; then
  fail usage "this host has no room for the settings of its witness"
fi
exec "${REMOUNT_NODE:-node-24}" --max-old-space-size=32 --max-semi-space-size=2 "$agent" "$witness_settings"
