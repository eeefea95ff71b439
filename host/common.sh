#!/bin/sh
# Shared by the host verbs: parameters, paths, exit codes, the deadline. See README.md.
# Sourced by every verb; the builder of the SSM documents pastes it, and what it sources, in the place of the sourcing line.
# shellcheck disable=SC2034 # set here, used in the verbs

set -u
# Messages are compared below, and ranges such as [a-z] must mean ASCII.
LC_ALL=C
export LC_ALL
PATH="${PATH:-/usr/bin}:/usr/sbin:/sbin:/usr/bin:/bin"
umask 022

root="${REMOUNT_ROOT:-}"
web_user="${REMOUNT_WEB_USER:-nginx}"
run_dir="$root/run/remount"
content_dir="$root/srv/content"
marker_dir="$root/var/lib/remount/serving"
canary_file=".remount/canary"
# When a clock was set back: from and to, Unix seconds, a line each time.
clock_file=".remount/clock"

# name_volume: says, once, which volume the answer is of.
name_volume() {
  if [ -n "${volume_id:-}" ] && [ -z "${named:-}" ]; then printf 'volumeId=%s\n' "$volume_id"; fi
  named=yes
}

# fail <state> <message>: prints the state, says why, exits with the state's code (EXIT in contract/contract.ts).
fail() {
  printf 'state=%s\n' "$1"
  # What may be held against a volume names it: output may be another command's.
  case "$1" in shutdown | unmountable | noCanary | corrupt | altered | foreign) name_volume ;; esac
  printf 'remount: %s\n' "$2" >&2
  case "$1" in
    usage) exit 64 ;;
    noDevice) exit 20 ;;
    notMounted) exit 21 ;;
    shutdown) exit 22 ;;
    unmountable) exit 23 ;;
    noCanary) exit 24 ;;
    unreadable) exit 25 ;;
    notBlank) exit 26 ;;
    timeout) exit 27 ;;
    busy) exit 28 ;;
    corrupt) exit 29 ;;
    altered) exit 30 ;;
    interrupted) exit 31 ;;
    mounting) exit 32 ;;
    foreign) exit 33 ;;
    unfetched) exit 40 ;;
    unwell) exit 41 ;;
    # DLM's own number for "the watchdog thawed before the post script came", see decision 18.
    overdue) exit 203 ;;
  esac
  exit 70
}

# is_answer <exit code>: one that fail, or success, gives. Any other is what a shell ends with that cannot go on: no memory for
# a process, no room for a redirection, a tool that is not there. That is the host's fault.
is_answer() {
  case "$1" in 0 | [234][0-9] | 64 | 203) return 0 ;; esac
  return 1
}
trap 'ended=$?; is_answer "$ended" || fail usage "this host cannot run the verb (exit $ended)"' EXIT

# need_tools <command...>
need_tools() {
  for tool in "$@"; do command -v "$tool" >/dev/null || fail usage "$tool is not installed on this host"; done
}

# need_directory <path>: is there, or is made.
need_directory() {
  [ -d "$1" ] || said=$(mkdir -p "$1" 2>&1) || fail usage "$said"
}

# need_volume: sets volume, link, marker from SSM_Volume (VOLUME_NAME in contract/contract.ts).
need_volume() {
  volume="${SSM_Volume:-}"
  case "$volume" in
    '' | ? | *[!a-z0-9-]* | [!a-z]* | *-)
      fail usage "SSM_Volume is \"$volume\": a content volume is named by 2 to 32 of a-z, 0-9 and -, from a letter to a letter or digit" ;;
  esac
  [ "${#volume}" -le 32 ] || fail usage "SSM_Volume is \"$volume\": longer than 32 characters"
  link="$content_dir/$volume"
  marker="$marker_dir/$volume"
}

# is_volume_id <text> (VOLUME_ID in contract/contract.ts)
is_volume_id() {
  case "$1" in
    vol-*[!0-9a-f]* | vol-) return 1 ;;
    vol-*) [ "${#1}" -ge 12 ] && [ "${#1}" -le 21 ] ;;
    *) return 1 ;;
  esac
}

# need_volume_id: sets volume_id and staging from SSM_VolumeId.
need_volume_id() {
  volume_id="${SSM_VolumeId:-}"
  is_volume_id "$volume_id" || fail usage "SSM_VolumeId is \"$volume_id\": an EBS volume id is vol- and 8 to 17 hexadecimal digits"
  staging="$root/mnt/remount/$volume_id"
}

# need_execution: sets execution from SSM_executionId: which snapshot a freeze is for.
need_execution() {
  execution="${SSM_executionId:-None}"
  case "$execution" in
    None) return 0 ;;
    *[!0-9a-fA-F-]*) ;;
    ????????-????-????-????-????????????) return 0 ;;
  esac
  fail usage "SSM_executionId is \"$execution\": None, or a UUID"
}

# is_marked: whether this instance is to serve $volume_id as $volume.
is_marked() {
  { read -r marked <"$marker"; } 2>/dev/null || return 1
  [ "$marked" = "$volume_id" ]
}

# seconds_now: Unix seconds; rehearsals set the time.
seconds_now() { date -u -d "${REMOUNT_NOW:-now}" +%s; }

# plain: for people and logs; whatever is no printable ASCII becomes a question mark.
plain() { tr -c '[:print:]\n' '?' | cut -c 1-400; }

# shellcheck source=host/device.sh
. "$(dirname "$0")/device.sh"
# shellcheck source=host/mounts.sh
. "$(dirname "$0")/mounts.sh"
# shellcheck source=host/content.sh
. "$(dirname "$0")/content.sh"
# shellcheck source=host/jobs.sh
. "$(dirname "$0")/jobs.sh"
# shellcheck source=host/frozen.sh
. "$(dirname "$0")/frozen.sh"
# shellcheck source=host/service.sh
. "$(dirname "$0")/service.sh"
# shellcheck source=host/within.sh
. "$(dirname "$0")/within.sh"
