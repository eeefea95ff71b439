#!/bin/sh
# The content of a volume as the web server's user finds it: what the drill asks of a copy, the heal of a candidate, and the
# probe of what serves.
# shellcheck disable=SC2034,SC2154 # set and used in other parts

# need_web_user: sets as_web, which runs a command as that user. setpriv leaves no session in the logs, as runuser does.
need_web_user() {
  web_group=$(id -g "$web_user" 2>/dev/null) || fail usage "REMOUNT_WEB_USER is \"$web_user\": no such user"
  as_web="runuser -u $web_user --"
  if command -v setpriv >/dev/null; then
    as_web="setpriv --reuid=$web_user --regid=$web_group --init-groups --"
  fi
}

# fail_damage <message>: the kernel could not read. `check` looks more closely whose fault that is.
fail_damage() {
  kernel_line
  fail shutdown "$1"
}

# fail_read <what> <message>: reading failed; the message ends with the errno's words. What is none of the volume's (no memory,
# too many open files, no such tool) is the host's.
fail_read() {
  case "$2" in
    *'Input/output error' | *'Structure needs cleaning' | *'No such device' | *'No such device or address' | *'Bad message')
      fail_damage "$1: $2" ;;
    *'No such file or directory' | *'Not a directory' | *'Is a directory' | *'Too many levels of symbolic links')
      fail noCanary "$1: $2" ;;
    *'Permission denied' | *'Operation not permitted') fail unreadable "$1, as $web_user: $2" ;;
  esac
  fail usage "$1 could not be read on this host: $2"
}

# read_canary <root of the content>: sets canary. Needs need_web_user.
read_canary() {
  canary=$($as_web cat "$1/$canary_file" 2>&1) || fail_read "canary" "$canary"
  case "$canary" in
    [0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]T[0-9][0-9]:[0-9][0-9]:*Z) ;;
    *) fail noCanary "the canary holds no time" ;;
  esac
}

# write_canary <root of the content>: sets written and full. Written aside, synced, renamed, synced: whoever reads it, a
# snapshot included, finds a whole one, and the last. A full volume still serves, so that is not a failure.
write_canary() {
  written="${REMOUNT_NOW:-$(date -u +%Y-%m-%dT%H:%M:%SZ)}"
  [ -n "$written" ] || fail usage "this host does not give the time"
  full=''
  aside="$1/$canary_file.tmp.$$"
  note_clock "$1"
  if renew_canary "$1"; then return 0; fi
  # Flags that somebody has set on everything (chattr -R) bind the web server in nothing: ours go.
  case "$said" in *'Operation not permitted'*) if unseal "$1" && renew_canary "$1"; then return 0; fi ;; esac
  rm -f "$aside" 2>/dev/null
  case "$said" in
    *'No space left'* | *'quota exceeded'*) full=yes ;;
    *'Input/output error'* | *'Structure needs cleaning'* | *'Read-only file system'* | *'No such device'* | *'Bad message'*)
      kernel_line
      fail shutdown "canary not written: $said" ;;
    *'Operation not permitted'* | *'Permission denied'* | *'Not a directory'* | *'No such file'* | *'Is a directory'*)
      fail unreadable "canary not written: $said" ;;
    *) fail usage "canary not written on this host: $said" ;;
  esac
}

# renew_canary <root of the content>: sets said.
renew_canary() {
  said=$(printf '%s\n' "$written" | dd of="$aside" conv=fsync status=none 2>&1) &&
    said=$(mv -fT "$aside" "$1/$canary_file" 2>&1) &&
    said=$(sync "$1/.remount" 2>&1)
}

# note_clock <root of the content>: where the canary is from later than now, the clock was set back, within the last minute or while
# nobody served. Times between the two come twice, so nobody knows what was first of two changes in them (decision 23).
note_clock() {
  was=$(stat -c %Z "$1/$canary_file" 2>/dev/null) && is=$(date +%s) && [ "$was" -gt "$is" ] || return 0
  { tail -n 19 "$1/$clock_file"; printf '%s %s\n' $((is - 60)) "$was"; } 2>/dev/null >"$aside" || return 0
  sync "$aside" 2>/dev/null || return 0
  mv -fT "$aside" "$1/$clock_file" 2>/dev/null || :
}

# unseal <root of the content>
unseal() { chattr -i -a "$1/.remount" "$1/$canary_file" 2>/dev/null; }

# The answer of a survey, as awk prints it: of the names that find prints, each a line; of what it complains of, each a line that
# ends with the errno's words. `host`: what is neither of the volume nor of its content.
# shellcheck disable=SC2016 # awk's own variables
survey_names='
  /^u/ { unreadable++; if (unreadable <= 3) print "name " substr($0, 2) }
  END { printf "files %d\nhidden %d\n", NR, unreadable }'
# shellcheck disable=SC2016
survey_complaints='
  /^ended [0-9]+$/ { print; next }
  !/^find: / || /: (Cannot allocate memory|Too many open files.*)$/ { if (!host++) print "host " $0; next }
  /: (Input\/output error|Structure needs cleaning|No such device|No such device or address|Bad message)$/ {
    if (!damage++) print "damage " $0
    next
  }
  /: No such file or directory$/ { next }
  { denied++; if (denied <= 3) print "name " substr($0, 7) }
  END { printf "denied %d\n", denied }'
# Its own child: a check ends it at once. A line a name, whatever that holds. No temporary file: the disk may be full. From /: find
# complains where it may not come back to the directory that it was started in, which is the caller's.
# Arguments: root of the content, seconds, the two programs above.
# shellcheck disable=SC2016 # its own variables
survey_script='
  cd / && exec 4>&1
  {
    {
      timeout --foreground -s KILL "$2" find "$1" -path "$1/.remount" -prune -o \
        -type f \( -readable -printf "r\\0" -o -printf "u%P\\0" \) 2>&3
      echo "ended $?" >&3
    } | tr "\\n\\0" "?\\n" | awk "$3" >&4
  } 3>&1 | awk "$4"'

survey_seconds="${REMOUNT_COUNT_SECONDS:-15}"

# survey <root of the content>: how the web server's user finds it; prints what `weigh_survey` takes. A check runs the same
# command in a step.
survey() {
  # shellcheck disable=SC2086 # a command and its options
  $as_web sh -c "$survey_script" survey "$1" "$survey_seconds" "$survey_names" "$survey_complaints" 2>&1
}

# weigh_survey <what a survey printed>: sets files (regular files outside .remount), unreadable (of them, and of directories,
# what the web server's user may not read; the first names go to stderr), counted_all (`false`: its time was over) and damage
# (what the kernel says of the first read that failed). What nobody may read was so while it served, which is no fault.
weigh_survey() {
  files='' unreadable=0 counted_all='' damage='' blamed=''
  ifs="$IFS"
  IFS='
'
  set -f
  for answer_line in $1; do
    case "$answer_line" in
      'files '*) files="${answer_line#* }" ;;
      'hidden '* | 'denied '*) unreadable=$((unreadable + ${answer_line#* })) ;;
      'name '*) printf 'not readable by %s: %s\n' "$web_user" "${answer_line#* }" | plain >&2 ;;
      'damage '*) damage="${answer_line#* }" ;;
      # 137: killed by timeout(1) at its deadline. 1: find complained.
      'ended 0' | 'ended 1') counted_all=true ;;
      'ended 137') counted_all=false ;;
      *) blamed="${answer_line#host }" ;;
    esac
  done
  set +f
  IFS="$ifs"
  [ -z "$blamed" ] || fail usage "the content could not be counted on this host: $blamed"
  if [ -z "$files" ] || [ -z "$counted_all" ]; then fail usage "the content could not be counted on this host"; fi
}
