import { broken, type Mutant } from './mutant.ts';

const VERDICTS = "['corrupt', 'altered', 'unmountable'";

/** Of scenarios about copies: how they are taken, drilled, kept and deleted. */
export const COPY_PARTS: readonly Mutant[] = [
  broken(
    'bad-wednesday',
    'the drill calls a file system that fails its check damaged',
    'lambda/core/drill/drill.ts',
    VERDICTS,
    "['altered', 'unmountable'",
  ),
  broken('drill-during-heal', 'whoever mounts on a host has it to himself', 'host/mount.sh', '  make_way\n', ''),
  broken(
    'latent-corruption',
    'people are told what a drill finds',
    'lambda/core/drill/drill.ts',
    "await journal.act('tell', () => tell(ports, volume, point, answer));",
    'true;',
  ),
  broken(
    'bit-rot',
    'the drill calls content that is not what its manifest says damaged',
    'lambda/core/drill/drill.ts',
    VERDICTS,
    "['corrupt', 'unmountable'",
  ),
  {
    rule: 'huge-file: small files are read, whatever lies beside them',
    edits: [
      {
        file: 'host/reading.sh',
        code: '  read_files "$work/fresh" $(((budget - kept) / 2 + 1))',
        instead: '  read_large',
      },
    ],
    play: ['rehearsal/main.ts', '--scenario', 'huge-file', '--seed', '1', '--disks', 'xfs'],
    says: /BROKEN /,
  },
  broken(
    'unsynced-crash',
    'of two copies the newer one is taken',
    'lambda/core/heal/candidates.ts',
    'rank(a) - rank(b) || b.at - a.at',
    'rank(a) - rank(b) || a.at - b.at',
  ),
  broken(
    'unsynced-frozen',
    'a copy is taken of a frozen file system',
    'lib/snapshot-schedule.ts',
    "const freeze = props.consistency === 'application'",
    "const freeze = props.consistency !== 'application'",
    /BROKEN .*DLM says how it was taken/,
  ),
  {
    rule: 'frozen-too-long: the watchdog thaws',
    edits: [{ file: 'host/freeze.sh', code: 'FREEZE_SECONDS:-30', instead: 'FREEZE_SECONDS:-40' }],
    play: ['rehearsal/main.ts', '--scenario', 'frozen-too-long', '--seed', '1', '--disks', 'xfs'],
    says: /BROKEN /,
  },
  broken(
    'drill-killed',
    'a scratch volume is ordered once, however often it is asked for',
    'lambda/aws/ec2/drill-store.ts',
    ".digest('hex')",
    ".digest('base64') + clock.now()",
  ),
  broken(
    'dlm-late',
    'the guard takes a snapshot where DLM is late',
    'lambda/core/guard/guard.ts',
    'export const LATE_MINUTES = 40;',
    'export const LATE_MINUTES = 400;',
  ),
  broken(
    'dlm-error',
    'the state of the policy is looked at',
    'lambda/core/guard/policy.ts',
    "if (found.state !== 'ENABLED')",
    "if (found.state === '')",
  ),
  broken(
    'dlm-changed',
    'people are told once of a policy that was changed',
    'lambda/core/guard/round.ts',
    'if (!next) return;',
    '',
  ),
  broken(
    'snapshot-slow',
    'no snapshots pile up behind one that is slow',
    'lambda/core/guard/guard.ts',
    'export const MAX_PENDING = 2;',
    'export const MAX_PENDING = 5;',
  ),
  broken(
    'left-behind',
    'the last verified copy is kept',
    'lambda/core/guard/retention.ts',
    "    points.find((s) => s.verdict === 'verified'),\n",
    '',
  ),
  broken(
    'many-volumes',
    'one check at a time on a host',
    'lambda/core/drill/turn.ts',
    'near.drilling.includes(v.of)',
    'near.drilling.length < 0',
    /BROKEN .*no two copies are checked at once/,
  ),
  broken(
    'locked',
    'a verified copy is locked',
    'lambda/core/guard/guard.ts',
    "if (snapshot) actions.unshift({ kind: 'lock', snapshot, lock });",
    '',
  ),
];
