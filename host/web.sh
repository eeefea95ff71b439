#!/bin/sh
# Shared by `serve`, `release` and `probe`: the web server of $volume (etc/web.conf), behind the front (etc/nginx.conf).
# shellcheck disable=SC2034,SC2154 # set in common.sh, used in the verbs

# has_web: whether this host has a web server for each volume. One of before has one for all, which nobody here touches.
has_web() { [ -f "$root/etc/systemd/system/remount-web@.service" ]; }

# control_web <start, stop, restart, reload> [more units]: bounded, for what hangs in I/O does not end. Sets said.
control_web() {
  action="$1"
  shift
  said=$(timeout 8 systemctl "$action" "$@" "remount-web@$volume.service" 2>&1)
}

# ask_web: what users get for the health check of $volume, by the way that they take. Sets answered (the status; 0 for none),
# body, and why (what curl said). Exits with curl's code: 28, no answer in time.
ask_web() {
  asked=$(curl --silent --show-error --max-time 3 --write-out '\n%{http_code}' \
    --unix-socket "$root/run/remount-web/_front.sock" "http://localhost/healthz/$volume" 2>&1)
  ended=$?
  answered="${asked##*[!0-9]}"
  body="${asked%%
*}"
  return "$ended"
}

# start_web: it runs, and serves $volume.
start_web() {
  has_web || return 0
  if control_web start nginx.service && ask_web && [ "$answered" = 200 ]; then return 0; fi
  # Of one that was killed while its I/O hung, something may be left.
  if control_web restart && ask_web && [ "$answered" = 200 ]; then return 0; fi
  fail usage "the web server of $volume does not serve it: ${said:-$asked}"
}

# stop_web: it closes its downloads (worker_shutdown_timeout), and ends.
stop_web() { ! has_web || control_web stop; }

# renew_web: it goes on, with what it serves now; what it still sends of before it closes.
renew_web() {
  has_web && control_web reload || return 1
  sleep 2.2
}

# need_web: users get $volume, with the canary that is there now.
need_web() {
  has_web || return 0
  if ! ask_web; then
    [ "$ended" -ne 28 ] || fail timeout "the web server of $volume does not answer"
    fail notMounted "$volume is not served here: $asked"
  fi
  case "$answered" in
    200) ;;
    503) fail notMounted "$volume is not served here: its web server does not answer" ;;
    *)
      is_alive "$target" || fail shutdown "$volume_id on $target: the file system is shut down"
      fail unreadable "the web server answers $answered to the health check of $volume" ;;
  esac
  # Another probe may have written a canary in between; what is served from elsewhere has none of these.
  case "$body" in "$canary" | "${written:-$canary}" | "$(cat "$target/$canary_file")") return 0 ;; esac
  fail notMounted "what is served as $volume is not $volume_id: its canary is $body"
}
