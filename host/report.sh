#!/bin/sh
# remount-verb: report
# Run every 10 s on each instance: probes each content volume that has a marker here, and hands the gauge Serving (1 or
# 0, by Volume) to the CloudWatch agent's StatsD listener. An instance that owns nothing sends nothing. No SSM document.

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
  # /dev/udp is bash's own; no other tool for datagrams is on every Amazon Linux. Nobody listening is no error here:
  # the alarm takes missing data as not serving.
  bash -c 'printf "%s" "$1" >"/dev/udp/127.0.0.1/$2"' statsd \
    "Serving:$serving|g|#Volume:$1" "${REMOUNT_STATSD_PORT:-8125}" 2>/dev/null
}

for marker in "$marker_dir"/*; do
  [ -f "$marker" ] || continue
  case "${marker##*/}" in *.new.*) continue ;; esac
  # Side by side: one that hangs must not keep the others from reporting in time.
  report "${marker##*/}" &
done
sweep_left
wait
