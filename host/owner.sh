#!/bin/sh
# Whose $volume is, by the ledger: whether this instance may serve it without being asked to (decision 25).
# shellcheck disable=SC2034,SC2154 # set and used in other parts

# Which Region's table the ledger is: `update` was given it, and left it here.
ledger_note="$root/opt/remount/ledger"
# Answers nothing but to this instance (IMDSv2): docs.aws.amazon.com/AWSEC2/latest/UserGuide/instancedata-data-retrieval.html
metadata=http://169.254.169.254/latest

# need_self: sets self, the id of this instance, by the instance's own word: an image may carry that of another.
need_self() {
  self=''
  if ! { token=$(curl -sS -f -m 3 -X PUT -H 'X-aws-ec2-metadata-token-ttl-seconds: 60' "$metadata/api/token" 2>&1 7>&-) &&
    self=$(curl -sS -f -m 3 -H "X-aws-ec2-metadata-token: $token" "$metadata/meta-data/instance-id" 2>&1 7>&-) &&
    is_instance_id "$self"; }; then
    fail timeout "this instance cannot learn its id: ${self:-$token}"
  fi
}

# is_instance_id <text>
is_instance_id() {
  case "$1" in
    i-*[!0-9a-f]* | i-) return 1 ;;
    i-*) [ "${#1}" -ge 10 ] && [ "${#1}" -le 19 ] ;;
    *) return 1 ;;
  esac
}

# read_owner: sets current (the volume that the ledger names), owner, and fencing (an instance that is being fenced, or None), by a
# consistent read. Anything but these three, each of its form, is no answer: nothing, half of it, an entry that is not there.
read_owner() {
  read -r ledger_region ledger_table _ 2>/dev/null <"$ledger_note" || fail usage "no ledger is known here: $ledger_note"
  # The Region's own name is what the network has a way to.
  said=$(AWS_ACCOUNT_ID_ENDPOINT_MODE=disabled AWS_MAX_ATTEMPTS=2 timeout -k 2 12 \
    aws dynamodb get-item --region "$ledger_region" --table-name "$ledger_table" --consistent-read \
    --key "{\"pk\":{\"S\":\"VOLUME#$volume\"},\"sk\":{\"S\":\"STATE\"}}" \
    --projection-expression 'currentVolume, volumeOwner, fencing' \
    --query '[Item.currentVolume.S, Item.volumeOwner.S, Item.fencing.S]' --output text \
    --cli-connect-timeout 3 --cli-read-timeout 4 2>"$reply.aws" 7>&-) || fail timeout "the ledger does not answer: $(cat "$reply.aws")"
  current='' owner='' fencing='' rest=''
  IFS="$(printf '\t')" read -r current owner fencing rest <<ANSWER
$said
ANSWER
  if [ "$said" = "$(printf '%s\t%s\t%s' "$current" "$owner" "$fencing")" ] && is_volume_id "$current" &&
    is_instance_id "$owner" && { [ "$fencing" = None ] || is_instance_id "$fencing"; }; then
    return 0
  fi
  fail timeout "the ledger's answer is none: $said"
}

# is_own: whether the ledger names $volume_id and this instance, and no heal has begun to fence anybody. Sets why.
is_own() {
  need_self
  read_owner
  why=''
  [ "$current" = "$volume_id" ] || why="the ledger names $current"
  [ "$owner" = "$self" ] || why="the ledger names $owner as its owner"
  [ "$fencing" = None ] || why="a heal fences $fencing"
  [ -z "$why" ]
}
