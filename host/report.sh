#!/bin/sh
# remount-verb: report
# Run every 10 s on each instance: probes each content volume that has a marker here, and hands gauges to the CloudWatch agent's StatsD
# listener, by Volume: Serving (1 or 0), and where it serves ProbeMilliseconds and UsedPercent. An instance that owns nothing sends nothing. No SSM document.

# shellcheck source=host/common.sh
. "$(dirname "$0")/common.sh"
# shellcheck source=host/leave.sh
. "$(dirname "$0")/leave.sh"

report() {
  if said=$(SSM_Volume="$1" sh "$(dirname "$0")/probe.sh" 2>&1); then
    serving=1
  else
    serving=0
    printf '%s: not serving: %s\n' "$1" "$(printf '%s' "$said" | tr '\n' ' ')" >&2
  fi
  gauges=$(printf '%s\n' "$said" | awk -F= -v serving="$serving" -v of="|g|#Volume:$1" '
    BEGIN { print "Serving:" serving of }
    serving && $2 ~ /^[0-9]+$/ && $1 == "ms" { print "ProbeMilliseconds:" $2 of }
    serving && $2 ~ /^[0-9]+$/ && $1 == "used" { print "UsedPercent:" $2 of }')
  # /dev/udp is bash's own; no other tool for datagrams is on every Amazon Linux. Nobody listening is no error here:
  # the alarm takes missing data as not serving.
  bash -c 'printf "%s" "$1" >"/dev/udp/127.0.0.1/$2"' statsd \
    "$gauges" "${REMOUNT_STATSD_PORT:-8125}" 2>/dev/null
}

for marker in "$marker_dir"/*; do
  [ -f "$marker" ] || continue
  case "${marker##*/}" in *.new.*) continue ;; esac
  # Side by side: one that hangs must not keep the others from reporting in time.
  report "${marker##*/}" &
done
sweep_left
wait
