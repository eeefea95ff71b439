#!/bin/sh
# Uploads a course, and shows when it is served, or why not.
#   sh upload.sh BUCKET VOLUME COURSE.zip [URL]
# With the credentials of the AWS CLI, which may do what `grantUpload` gives. URL: where content is served, such as http://NAME (output `BalancerName`).
set -eu

seconds="${UPLOAD_SECONDS:-300}"
[ "$#" -ge 3 ] || { sed -n '3,4s/^# *//p' "$0" >&2; exit 64; }
bucket="$1" volume="$2" zip="$3" url="${4:-}"
course=$(basename "$zip" .zip)
[ -f "$zip" ] || { echo "there is no file $zip" >&2; exit 64; }

# One key a course: uploading once more replaces it. What S3 answers is the version, by which the answer is called.
version=$(aws s3api put-object --bucket "$bucket" --key "intake/$volume/$course.zip" --body "$zip" \
  --query VersionId --output text)
echo "S3 has $course, as version $version: it is served, or refused with a reason, whatever happens now"

answer=$(mktemp)
trap 'rm -f "$answer"' EXIT
key="answers/$volume/$course/$version.json"

# is_answered: the list says so, for what is not there cannot be distinguished from what may not be read.
# shellcheck disable=SC2016 # JMESPath
is_answered() {
  [ "$(aws s3api list-objects-v2 --bucket "$bucket" --prefix "$key" --query 'length(Contents || `[]`)' --output text)" = 1 ]
}

# field <name>: of the answer, which is JSON on one line.
field() { sed -n "s/.*\"$1\":\"\([^\"]*\)\".*/\1/p" "$answer"; }

until is_answered; do
  seconds=$((seconds - 1))
  [ "$seconds" -gt 0 ] || { echo "nobody has answered yet: look at $key later" >&2; exit 75; }
  sleep 1
done
aws s3api get-object --bucket "$bucket" --key "$key" "$answer" >/dev/null

case "$(field state)" in
  done) echo "served: ${url:+$url/$volume/courses/$course/}" ;;
  refused)
    echo "refused:" >&2
    # Each sentence says what to do.
    grep -o '"sentence":"\([^"\\]\|\\.\)*"' "$answer" | sed 's/^"sentence":"/- /; s/"$//; s/\\"/"/g' >&2
    exit 1 ;;
  *) echo "this is no answer: $(cat "$answer")" >&2; exit 70 ;;
esac
