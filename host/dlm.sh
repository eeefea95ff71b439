#!/bin/sh
# remount-verb: dlm
# What Data Lifecycle Manager runs before and after it starts its snapshots of an instance: `freeze` and `thaw`.
# Parameters: SSM_command (pre-script, post-script, or dry-run, which does nothing), SSM_executionId.
# docs.aws.amazon.com/ebs/latest/userguide/automate-app-consistent-backups.html

# shellcheck source=host/common.sh
. "$(dirname "$0")/common.sh"

case "${SSM_command:-}" in
  pre-script)
    # shellcheck source=host/freeze.sh
    . "$(dirname "$0")/freeze.sh" ;;
  post-script)
    # shellcheck source=host/thaw.sh
    . "$(dirname "$0")/thaw.sh" ;;
  dry-run) printf 'state=idle\n' ;;
  *) fail usage "SSM_command is \"${SSM_command:-}\": pre-script, post-script or dry-run" ;;
esac
