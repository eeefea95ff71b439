#!/bin/sh
# Shared by `release` and `report`: mounts that are out of service and still busy.
# shellcheck disable=SC2034,SC2154 # set in common.sh, used in the verbs

# leave <directory> <umount's words>: $volume_id stays mounted there, for something uses it. Ends the verb: ok and `fenced` where
# the file system takes no writes, else busy. `report` unmounts it when it is free.
leave() {
  echo "$1" >"$run_dir/$volume_id.leaving"
  if takes_no_writes "$1"; then
    printf 'state=fenced\nvolumeId=%s\n' "$volume_id"
    exit 0
  fi
  find_holders "$1"
  printf 'held=%s\n' "$held"
  fail busy "$2${holders:+ (held by$holders)}"
}

# takes_no_writes <directory>: by the file system's own word: XFS that is shut down answers everything with EIO, and stays so
# until it is unmounted.
takes_no_writes() {
  is_alive "$1" && return 1
  said=$(touch "$1/.fenced.$$" 2>&1) && rm -f "$1/.fenced.$$" && return 1
  case "$said" in *'Input/output error'*) return 0 ;; esac
  return 1
}

# find_holders <directory>: which processes have something open there, by what the kernel lists, which asks no file system. Sets
# holders, some of them for people, and held: `own`, where they are nobody but a probe of ours that hangs and the web server, which
# only reads; else `other`, also where no process is found (another mount namespace).
find_holders() {
  holders='' held=own found=''
  for entry in $(find /proc/[0-9]*/fd /proc/[0-9]*/cwd /proc/[0-9]*/root -maxdepth 1 -type l \
    \( -lname "$1" -o -lname "$1/*" \) 2>/dev/null | cut -d / -f 3 | sort -u); do
    read -r name 2>/dev/null <"/proc/$entry/comm" || continue
    found=yes
    is_own "$entry" "$name" || held=other
    [ "${#holders}" -gt 100 ] || holders="$holders $name ($entry)"
  done
  [ -n "$found" ] || held=other
}

# is_own <process id> <name>: a probe that is known to hang, or what it has started; or the web server.
is_own() {
  if [ "$2" = nginx ] && [ "$(stat -c %U "/proc/$1" 2>/dev/null)" = "$web_user" ]; then return 0; fi
  read -r hung _ 2>/dev/null <"$run_dir/$volume_id.stuck" || return 1
  ancestor="$1"
  while [ "$ancestor" -gt 1 ]; do
    [ "$ancestor" != "$hung" ] || return 0
    ancestor=$(sed -n 's/^PPid:[[:space:]]*//p' "/proc/$ancestor/status" 2>/dev/null)
    ancestor="${ancestor:-0}"
  done
  return 1
}

# sweep_left: unmounts what was left mounted, once nobody uses it. Whoever mounts it again has taken it off the list.
sweep_left() {
  for left in "$run_dir"/*.leaving; do
    read -r left_on trying since 2>/dev/null <"$left" || continue
    # One that hangs in umount(2) is not joined by another.
    if [ -n "$trying" ] && [ "$(birth "$trying" 2>/dev/null)" = "$since" ]; then continue; fi
    {
      read -r self _ </proc/self/stat
      printf '%s %s %s\n' "$left_on" "$self" "$(birth "$self")" >"$left"
      if ! find_mount "$left_on" || umount -c "$left_on" 2>/dev/null; then
        rmdir "$left_on" 2>/dev/null
        rm -f "$left"
      fi
    } </dev/null >/dev/null 2>&1 &
  done
}
