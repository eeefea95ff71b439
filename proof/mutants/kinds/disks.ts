import type { Slip } from './kind.ts';

const on = (test: string, named: string) => (slip: string, file: string, code: string, instead: string) =>
  ({ slip, file: `host/${file}.sh`, code, instead, test: `host/${test}.test.ts`, named }) satisfies Slip;
const verbs = on('verbs', 'answer as documented, each time they run, in dash');
const evidence = on('evidence', "distinguish the volume's faults from the host's, and from none, in dash");
const sound = on('sound', 'is kept apart');
const pieces = on('pieces', 'is read to its last byte in twice the drills that one pass takes, another piece in each');
const index = on('index', 'lists hidden files, waits for what changes, and leaves what is huge for the end');

/** What only a real file system shows: two at the same time, a share of time or memory, a name that is passed over. */
export const DISKS: readonly Slip[] = [
  verbs(
    'a probe that hung through a replacement writes to the next volume',
    'probe',
    'write_canary "$target"',
    'write_canary "$link"',
  ),
  verbs(
    'a probe that hangs keeps the next volume from being probed',
    'within',
    'stuck="$run_dir/$volume_id.stuck"',
    'stuck="$run_dir/$volume.stuck"',
  ),
  evidence(
    'the link is gone for a moment',
    'service',
    'ln -sfn "$staging" "$link.new.$$" && mv -T -f "$link.new.$$" "$link"',
    'rm -f "$link" && ln -s "$staging" "$link"',
  ),
  evidence(
    'what somebody else has in the place of the link gives way',
    'service',
    'if [ -e "$link" ] && [ ! -L "$link" ]; then',
    'if [ -e "$link" ] && [ ! -e "$link" ]; then',
  ),
  evidence(
    'a damaged directory is passed over',
    'content',
    '  /: (Input\\/output error|Structure needs cleaning|No such device|',
    '  /: Structure needs cleaning$/ { next }\n  /: (Input\\/output error|No such device|',
  ),
  evidence('content is counted from where the caller may be', 'content', '  cd / && exec 4>&1', '  exec 4>&1'),
  evidence(
    "another's log is replayed before anybody looks whose it is",
    'mounting',
    '  look_first "$staging" "$reply.label"\n',
    '',
  ),
  sound('a check takes all of the memory', 'metadata', '  spare=$((spare / 2))', '  :'),
  sound(
    'the time for content goes with the metadata',
    'reading',
    '- $(date +%s) + compared_from))',
    '- $(date +%s) + started))',
  ),
  sound('one fresh file takes all of the time', 'reading', '$(((budget - kept) / 2 + 1))', '$((budget - kept + 1))'),
  sound('a clock that was set back is nowhere noted', 'content', '  note_clock "$1"\n', ''),
  sound('a time that came twice proves which came first', 'verdict', ' || twice(time, by)', ''),
  sound('a clock that was wrong by days ends all comparison', 'verdict', ' && to[i] - from[i] <= 86460', ''),
  sound('folders behind backslashes are none', 'manifests', '  turn_slashes\n', ''),
  sound(
    'a name with a zero in it is one',
    'manifests',
    'if (zeros || !split_line(line)) {',
    'if (!split_line(line)) {',
  ),
  pieces(
    'of what is too large each drill reads the same',
    'reading',
    'turn = seed * 0.61803398874989484; skip =',
    'turn = 0; skip =',
  ),
  index(
    'what changed while it was hashed gets a manifest',
    'index',
    '  none "$1" -cnewer "$aside.begun" || return 0\n',
    '',
  ),
  index(
    'hidden files are in no manifest',
    'index',
    '-prune -o -type f -fprintf',
    "-prune -o -type f ! -name '.*' -fprintf",
  ),
];
