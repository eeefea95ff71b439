#!/bin/sh
# Shared by what reads from a bucket, or writes to one.
# shellcheck disable=SC2034 # set here, used in the verbs

# need_bucket: sets bucket and region from SSM_Bucket and SSM_Region.
need_bucket() {
  bucket="${SSM_Bucket:-}" region="${SSM_Region:-}"
  case "$bucket" in '' | [.-]* | *..* | *[!a-z0-9.-]*) fail usage "SSM_Bucket is \"$bucket\": the name of a bucket" ;; esac
  [ "${#bucket}" -le 63 ] || fail usage "SSM_Bucket is \"$bucket\": longer than 63 characters"
  case "$region" in '' | -* | *[!a-z0-9-]*) fail usage "SSM_Region is \"$region\": the name of a Region" ;; esac
  [ "${#region}" -le 30 ] || fail usage "SSM_Region is \"$region\": longer than 30 characters"
}
