#!/bin/sh
# remount-verb: bundle
# Brings a file or a directory out of a volume that was made from a snapshot, is attached here, and is not in service: mounted
# read-only, which replays its log; packed as a tar, by pax, straight into a bucket. No link is followed, on the way to it and in it.
# Parameters: SSM_Volume, SSM_VolumeId, SSM_Path (from the top of the volume, with a slash before it, in base64: names may hold any
# byte), SSM_Key (of the object), SSM_Bucket, SSM_Region. Prints state (bundled; absent: nothing of that name is there), volumeId, and the
# sha256 of what was sent. Once more gives the same bytes. One job with `check`: ends at once (interrupted) when anything is mounted or served here, or the
# volume is released (decision 46).

# shellcheck source=host/common.sh
. "$(dirname "$0")/common.sh"
# shellcheck source=host/bucket.sh
. "$(dirname "$0")/bucket.sh"
# shellcheck source=host/copied.sh
. "$(dirname "$0")/copied.sh"
# shellcheck source=host/metadata.sh
. "$(dirname "$0")/metadata.sh"

# need_path: sets path, without slashes around it; empty: the top.
need_path() {
  # The shell would cut line breaks off at the end; they belong to a name.
  path=$(printf '%s' "${SSM_Path:-}" | base64 -d 2>/dev/null && printf x) || fail usage "SSM_Path is \"${SSM_Path:-}\": no base64"
  path="${path%x}"
  case "$path" in
    /) ;;
    /*/ | *//* | [!/]* | '' | */. | */.. | */./* | */../*)
      fail usage "SSM_Path is \"$SSM_Path\": a path from the top of the volume, without empty names, . and .." ;;
  esac
  path="${path#/}"
}

# need_key: sets key from SSM_Key (BUNDLE_KEY in contract/verbs.ts).
need_key() {
  key="${SSM_Key:-}"
  stem="${key#bundles/}"
  stem="${stem%.tar}"
  case "$stem" in
    '' | *[!a-z0-9-]*) ;;
    *) [ "$key" = "bundles/$stem.tar" ] && [ "${#stem}" -le 78 ] && return 0 ;;
  esac
  fail usage "SSM_Key is \"$key\": bundles/, up to 78 of a-z, 0-9 and -, and .tar"
}

# kind_of <path>: sets kind; or whether anything is there. What lies above it is a directory, and no link, by then.
kind_of() {
  if step stat -c %F -- "$scratch/$1" >"$work/kind" 2>"$work/said"; then
    kind=$(cat "$work/kind")
    return 0
  fi
  grep -qE ': (No such file or directory|Not a directory|File name too long)$' "$work/said" || fail_on "$work/said"
  return 1
}

# find_path: sets above, the directory that it is in, and name. Each name on the way is looked at for itself: a link leads nowhere.
find_path() {
  above='.' name='' left="$path"
  while [ -n "$left" ]; do
    name="${left%%/*}"
    case "$left" in */*) left="${left#*/}" ;; *) left='' ;; esac
    kind_of "$above/$name" || return 1
    [ -n "$left" ] || return 0
    [ "$kind" = directory ] || return 1
    above="$above/$name"
  done
}

# What is read, packed, summed up and sent, at once: a course may be larger than the host's own disk. tar(1) of GNU, by name and without the times of
# reading, so that twice gives the same: so holes are stated in the oldest of its ways, for with the others names have a process id. Of what S3 gets in parts each is of 8 MiB, and there are 10,000 at most.
# Source: docs.aws.amazon.com/cli/latest/topic/s3-config.html (multipart_chunksize); docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html
# shellcheck disable=SC2016 # the inner shell's own parameters
send_script='
  sha256sum <"$1/sum" >"$1/sha256" &
  { tar --create --format=posix --pax-option=exthdr.name=%d/pax/%f,delete=atime,delete=ctime --numeric-owner --xattrs \
    --sparse --sparse-version=0.0 --sort=name --directory="$2" -- "$3" 2>"$1/packed"; echo "$?" >"$1/tar"; } | tee "$1/sum" |
    aws s3 cp - "s3://$4/$5" --region "$6" --only-show-errors >"$1/sent" 2>&1
  sent=$?
  wait
  exit "$sent"'

# send: sets sha256.
send() {
  mkfifo "$work/sum" || fail usage "no pipe can be made in $work"
  # ./, for a name may begin with a dash.
  step sh -c "$send_script" send "$work" "$scratch/$above" "./$name" "$bucket" "$key" "$region"
  sent=$?
  packed=''
  { read -r packed <"$work/tar"; } 2>/dev/null
  # One that is cut off by whoever sends it ends by a signal, and says nothing of the copy.
  if [ "$packed" = 2 ] && grep -v '^tar: Exiting' "$work/packed" >"$work/said"; then fail_on "$work/said"; fi
  [ "$sent" -eq 0 ] || fail usage "$key could not be sent to $bucket: $(tail -n 1 "$work/sent" | plain)"
  [ "$packed" = 0 ] || fail interrupted "packing was cut off (exit ${packed:-unknown}): $(head -n 1 "$work/packed" | plain)"
  sha256=''
  { read -r sha256 _ <"$work/sha256"; } 2>/dev/null
  [ "${#sha256}" -eq 64 ] || fail usage "no sum of $key could be made in $work"
}

act() {
  take_copy bundle

  mount_here ,ro
  if find_path; then
    state='bundled'
    send
  else
    # Of nothing: it says so where the answer is cut off, too.
    state='absent' sha256=$(sha256sum </dev/null | cut -d ' ' -f 1)
  fi
  unmount_or_fail

  name_volume
  printf 'sha256=%s\nstate=%s\n' "$sha256" "$state"
}

need_volume
need_volume_id
need_bucket
need_path
need_key
need_tools tar sha256sum base64 aws
name_places
deadline="${REMOUNT_DEADLINE:-1500}"
within "$deadline"
