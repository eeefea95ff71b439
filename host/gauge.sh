#!/bin/sh
# Shared by what starts agents on a host: a word in their place.
# shellcheck disable=SC2154 # set in common.sh

# first_gauge <metric>: of $volume, that it is 0. Whoever was started and never comes to say the next one is silence after that, and the alarm on it reports that;
# it would report nothing of a volume that has never had one (decision 27). As in `report`, nobody listening is no error.
first_gauge() {
  bash -c 'printf "%s" "$1" >"/dev/udp/127.0.0.1/$2"' statsd "$1:0|g|#Volume:$volume" "${REMOUNT_STATSD_PORT:-8125}" 2>/dev/null
}
