#!/bin/sh
# remount-verb: update
# Brings this instance to the host software of version SSM_Version: the archive of that sha256 in SSM_Bucket. Fetched and verified
# aside, tried, switched to by rename(2), set in force, and looked at: where it is not well, what ran before runs again. Whatever
# fails, and wherever it is killed, the instance goes on with the version that it has, and says which that is.
# Parameters: SSM_Version, SSM_Bucket, SSM_Region; SSM_Ledger, the table that `resume` asks, SSM_Journal, the bucket
# of the journals, SSM_Intake, that of uploads, and SSM_Witness, the table of witnesses, where there are such. Prints state, version (in force here), wanted.

# shellcheck source=host/common.sh
. "$(dirname "$0")/common.sh"

store="$root/opt/remount"
versions="$store/versions"
# Minutes for which a version that was not well here is not tried again.
REFUSED_MINUTES=60

need_version() {
  wanted="${SSM_Version:-}"
  case "$wanted" in
    '' | *[!0-9a-f]*) fail usage "SSM_Version is \"$wanted\": a version is a sha256 in hexadecimal" ;;
  esac
  [ "${#wanted}" -eq 64 ] || fail usage "SSM_Version is \"$wanted\": ${#wanted} digits, not 64"
  [ -n "${SSM_Bucket:-}" ] || fail usage "SSM_Bucket is missing"
  [ -n "${SSM_Region:-}" ] || fail usage "SSM_Region is missing"
  case "${SSM_Ledger:-}" in *[!a-zA-Z0-9_.-]*) fail usage "SSM_Ledger is \"$SSM_Ledger\": no name of a table" ;; esac
  case "${SSM_Journal:-}" in *[!a-z0-9.-]*) fail usage "SSM_Journal is \"$SSM_Journal\": no name of a bucket" ;; esac
  case "${SSM_Intake:-}" in *[!a-z0-9.-]*) fail usage "SSM_Intake is \"$SSM_Intake\": no name of a bucket" ;; esac
  case "${SSM_Witness:-}" in *[!a-zA-Z0-9_.-]*) fail usage "SSM_Witness is \"$SSM_Witness\": no name of a table" ;; esac
}

# note_ledger: whom this host asks after a boot (owner.sh).
note_ledger() {
  [ -z "${SSM_Ledger:-}" ] || note ledger "$SSM_Region $SSM_Ledger" || fail unfetched "$store/ledger cannot be written"
}

# note_place <file> <bucket or table>: where this host writes what changes (`journal`, write.sh), takes courses in from (`intake`, intake.sh), and says that
# an owner does not serve (`witness`, witness.sh); nothing, where the stack has no such, or none any more.
note_place() {
  if [ -z "$2" ]; then
    rm -f "$store/$1"
  else
    note "$1" "$SSM_Region $2" || fail unfetched "$store/$1 cannot be written"
  fi
}

# one_at_a_time: a command that comes twice has its turn afterwards, and finds it done. The lock goes with its process.
one_at_a_time() {
  mkdir -p "$versions" "$run_dir" || fail unfetched "$versions cannot be made"
  exec 7>"$run_dir/update.lock" || fail unfetched "$run_dir/update.lock cannot be opened"
  flock -w 30 7 || fail busy "another update is under way"
}

# in_force: sets version, what was last set in force and found well. Empty: nothing yet.
in_force() {
  version=''
  read -r version 2>/dev/null <"$store/applied" || version=''
  [ -d "$versions/${version:-none}" ] || version=''
}

# fetch: the wanted version is in $versions afterwards, whole, or not at all. Sets said.
fetch() {
  [ -d "$versions/$wanted" ] && return 0
  # What a killed one left: there is no other now.
  rm -rf "$versions"/.new*
  aside="$versions/.new"
  said=$(mkdir -p "$aside/files" 2>&1) || return 1
  said=$(timeout -k 5 60 aws s3api get-object --region "$SSM_Region" --bucket "$SSM_Bucket" \
    --key "remount-host-$wanted.tar" "$aside/archive" 2>&1 >/dev/null) || return 1
  found=$(sha256sum <"$aside/archive") || return 1
  if [ "${found%% *}" != "$wanted" ]; then
    said="its sha256 is ${found%% *}"
    return 1
  fi
  said=$(tar -xf "$aside/archive" -C "$aside/files" 2>&1) || return 1
  # On disk before it has its name: a directory of that name is whole, after a power cut too.
  said=$(sync -f "$aside/files" 2>&1) || return 1
  said=$(mv -T "$aside/files" "$versions/$wanted" 2>&1) || return 1
  rm -rf "$aside"
}

# point <version>: whoever enters $store/current finds the old or the new one, and stays in it.
point() {
  ln -sfn "versions/$1" "$store/.current" && mv -fT "$store/.current" "$store/current"
}

# note <file> <what>: whole, or not at all.
note() {
  printf '%s\n' "$2" >"$store/$1.new" && sync "$store/$1.new" && mv -f "$store/$1.new" "$store/$1"
}

# of <version> <what> ...: that version's own part, without the lock: what it starts outlives this.
of() {
  whose="$1"
  shift
  sh "$versions/$whose/apply.sh" "$@" 7>&-
}

# served_volumes: sets served, the content volumes that are served well just now.
served_volumes() {
  served=''
  [ -f "$versions/${version:-none}/probe.sh" ] || return 0
  for each in "$marker_dir"/*; do
    case "${each##*/}" in '*' | *.new.*) continue ;; esac
    if SSM_Volume="${each##*/}" sh "$versions/$version/probe.sh" >/dev/null 2>&1; then served="$served ${each##*/}"; fi
  done
}

# refused: whether the wanted version was not well here, not long ago.
refused() {
  read -r what since 2>/dev/null <"$store/refused" || return 1
  [ "$what" = "$wanted" ] && [ "$(seconds_now)" -lt $((${since:-0} + REFUSED_MINUTES * 60)) ]
}

# refuse <why>: what ran before runs on. Where nothing did, the next try is all there is.
refuse() {
  if [ -n "$version" ]; then
    note refused "$wanted $(seconds_now)"
    say_version
    fail unwell "$wanted is not well here: $1"
  fi
  say_version
  fail unwell "$wanted is not well here, and there is nothing to go back to: $1"
}

go_back() {
  [ -n "$version" ] || return 0
  point "$version"
  of "$version" apply "$versions/$wanted" >/dev/null 2>&1
}

say_version() { printf 'version=%s\nwanted=%s\n' "${version:-none}" "$wanted"; }

# clear_away: all versions but the one in force and the one before it, which a script may still be running from.
clear_away() {
  for each in "$versions"/*; do
    case "${each##*/}" in "$wanted" | "${1:-none}") ;; *) rm -rf "$each" ;; esac
  done
}

act() {
  one_at_a_time
  note_ledger
  note_place journal "${SSM_Journal:-}"
  note_place intake "${SSM_Intake:-}"
  note_place witness "${SSM_Witness:-}"
  in_force
  if ! fetch; then
    rm -rf "$versions"/.new*
    say_version
    fail unfetched "$wanted cannot be had from $SSM_Bucket: $(printf '%s' "$said" | tr '\n' ' ')"
  fi
  if [ "$version" != "$wanted" ]; then
    if refused; then
      say_version
      fail unwell "$wanted was not well here less than $REFUSED_MINUTES minutes ago"
    fi
    said=$(of "$wanted" try 2>&1) || refuse "$said"
    served_volumes
    # shellcheck disable=SC2086 # names of volumes have no blanks
    if ! { said=$(point "$wanted" 2>&1) && said=$(of "$wanted" apply "$versions/${version:-none}" 2>&1) &&
      said=$(of "$wanted" well $served 2>&1); }; then
      why=$said
      go_back
      refuse "$why"
    fi
    before=$version
    note applied "$wanted" || fail unfetched "$store/applied cannot be written"
    version=$wanted
    rm -f "$store/refused"
    clear_away "$before"
  elif ! said=$(of "$wanted" well 2>&1); then
    # It ran well once: what is the matter now is none of its doing, and setting it in force again may mend it.
    of "$wanted" apply "$versions/none" >/dev/null 2>&1
    said=$(of "$wanted" well 2>&1) || {
      say_version
      fail unwell "$wanted is in force, and not well: $said"
    }
  fi
  printf 'state=updated\n'
  say_version
}

need_version
within "${REMOUNT_DEADLINE:-150}"
