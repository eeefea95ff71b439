import { broken, type Mutant, PROMISE, rehearse } from './mutant.ts';

/** Of scenarios in which an owner, its volume or its spare fails: those that list.ts has not. */
export const PARTS: readonly Mutant[] = [
  broken('bad-wednesday-undrilled', 'a file system that is shut down is dead', {
    file: 'contract/reasons.ts',
    code: "= ['shutdown', 'unmountable',",
    instead: "= ['unmountable',",
  }),
  broken('bad-wednesday-unjournaled', 'a stack can be without a journal', {
    file: 'lib/stack/remount-stack.ts',
    code: 'journal: journal.enabled && {',
    instead: 'journal: {',
  }),
  broken('journal', 'what the journal has is read onto what is to serve', {
    file: 'lambda/core/heal/drain.ts',
    code: '  if (!ports.journaled) return undefined;',
    instead: '  if (ports.journaled) return undefined;',
  }),
  {
    rule: 'journal: a takeover raises the term',
    edits: [
      { file: 'lambda/aws/dynamodb/ledger.ts', code: 'Math.floor(now / SECOND_MS),', instead: '1,' },
      { file: 'lambda/aws/dynamodb/ledger.ts', code: ':by`, LEASED, 1);', instead: ':by`, LEASED, 0);' },
    ],
    play: rehearse('journal'),
    notices: [PROMISE, { dies: 'no term of the journal' }],
  },
  broken('unsynced-journaled', 'the healer knows that there is a journal', {
    file: 'lib/volume-healer.ts',
    code: "        ...(journaled && { [ENV.journal]: 'true' }),\n",
    instead: '',
  }),
  broken('first-deployment', 'a journal that has never spoken is not behind', {
    file: 'lib/internal/journal-alarm.ts',
    code: 'TreatMissingData.MISSING',
    instead: 'TreatMissingData.BREACHING',
  }),
  broken('upgrade', 'running hosts are told where the journal is', {
    file: 'lib/host-software.ts',
    code: '...(this.journal && {',
    instead: '...(false && {',
  }),
  broken('journal-behind', 'a journal that is a minute behind is reported', {
    file: 'lib/internal/journal-alarm.ts',
    code: 'const JOURNAL_SECONDS = 60;',
    instead: 'const JOURNAL_SECONDS = 3600;',
  }),
  broken('journal-silent', 'the alarm hears what a writer says first', {
    file: 'lib/content-volume.ts',
    code: 'remountMetric(this, JOURNAL_LAG, {',
    instead: "remountMetric(this, 'Lag', {",
  }),
  broken('warm-spare', 'whoever has a spare follows the journal on it', {
    file: 'lambda/core/drill/follow.ts',
    code: 'if (!ports.journaled) return;',
    instead: 'if (ports.journaled) return;',
  }),
  broken('standby-replaced', 'the spare of another host is followed there', {
    file: 'lambda/core/drill/follow.ts',
    code: "return spare ? ask(ports, volume, spare) : 'no spare';",
    instead: "return spare ? 'followed' : 'no spare';",
  }),
  broken('spare-behind', 'a spare that nobody follows is reported', {
    file: 'lib/remount.ts',
    code: 'if (journal && verified) new SpareAlarm(',
    instead: 'if (journal && !verified) new SpareAlarm(',
  }),
  broken('s3-lost', 'people are notified of a journal that could not be sealed', {
    file: 'lambda/core/heal/drain.ts',
    code: "      return [{ code: 'journalUnsealed', ...read }];",
    instead: '      return [];',
  }),
  broken(
    's3-lost',
    'a page that S3 does not take is written later',
    {
      file: 'lib/pages/incident-pages.ts',
      code: 'const RETRIES = 10_000;',
      instead: 'const RETRIES = 1;',
    },
    [{ promise: 'the page of each heal is in the bucket of the stack, with what happened' }],
  ),
  broken('agent-killed', 'who is started again knows what it wrote before', {
    file: 'journal/protocol.ts',
    code: "return found.term < term || found.writer === writer ? 'read-on' : 'notify';",
    instead: "return found.term < term ? 'read-on' : 'notify';",
  }),
  broken('base-too-old', 'people are notified of what a heal has not read', {
    file: 'lambda/core/heal/drain.ts',
    code: "return [{ code: 'journalBehind', ...read, ...(missing !== undefined && { missing }) }];",
    instead: "return [{ code: 'journalDrained', ...read, files }];",
  }),
  broken('journal-expired', 'where all has expired nobody goes on with the next number', {
    file: 'journal/protocol.ts',
    code: 'return last === 0 || isKept ? last + 1 : Math.max(last + 1, now);',
    instead: 'return last + 1;',
  }),
  broken('old-owner-wakes', 'who meets a higher term in the journal writes no more', {
    file: 'journal/protocol.ts',
    code: "  if (found.term > mine.term) return 'fenced';",
    instead: "  if (found.term > mine.term) return 'next';",
  }),
  broken('spare', 'what passed a drill is kept as the spare', {
    file: 'lambda/core/drill/decide.ts',
    code: 'keep: spare === undefined || (ledger?.spare?.at ?? 0) < point.at,',
    instead: 'keep: false,',
  }),
  broken('spare-without-ec2', 'the spare is served by the ledger alone', {
    file: 'lambda/core/heal/heal.ts',
    code: 'const { served, passedOver: spare } = await serveSpare(',
    instead: 'await ports.compute.volumes(volume);\n  const { served, passedOver: spare } = await serveSpare(',
  }),
  broken('spare-passed-over', 'with fresher, what is newer is taken, and not the spare', {
    file: 'lambda/core/heal/spare.ts',
    code: "policy.prefer === 'fresher' || ",
    instead: '',
  }),
  broken('spare-after-all', 'a spare that was passed over serves where no volume is made of what is newer', {
    file: 'lambda/core/heal/heal.ts',
    code: '  if (!anyway.served) {\n',
    instead: '  if (anyway) {\n',
  }),
  broken(
    'spare-lost',
    'where there is no spare, the next drill makes one',
    {
      file: 'lambda/core/drill/decide.ts',
      code: 'keep: spare === undefined || (ledger?.spare?.at ?? 0) < point.at,',
      instead: 'keep: spare !== undefined,',
    },
    [PROMISE, { dies: 'needs one' }],
  ),
  broken('spare-rotten', 'a spare that cannot be used leaves everything to the long way', {
    file: 'lambda/core/heal/spare.ts',
    code: "    await journal.act('release-spare', () => putBack(run, spare, prepared.ok));",
    instead: "    throw new Error('the spare is rotten');",
  }),
  broken('stalled-io', 'a volume whose I/O hangs is dead', {
    file: 'contract/reasons.ts',
    code: "'timeout', 'stuck', 'hung'] as const",
    instead: "'stuck', 'hung'] as const",
  }),
  {
    rule: 'downloads-in-flight: a file system that is shut down takes no writes, whoever has a file open',
    edits: [
      {
        file: 'lambda/core/heal/fence.ts',
        code: "if (released.result === 'ok' && !moves)",
        instead: "if (released.result === 'busy' && !moves)",
      },
      // A probe says so, too.
      {
        file: 'lambda/core/heal/fence.ts',
        code: "answered && (state === 'shutdown' ||",
        instead: 'answered && (',
      },
      {
        file: 'lambda/core/heal/fence.ts',
        code: "state === 'notMounted' && !written",
        instead: "state === 'notMounted' && !written && released.result !== 'ok'",
      },
    ],
    play: rehearse('downloads-in-flight'),
    notices: [{ promise: 'no instance is stopped for it' }],
  },
  broken(
    'one-of-two-stalls',
    'what hangs of our own is no writer',
    {
      file: 'lambda/core/heal/fence.ts',
      code: "released.result === 'busy' && released.values.held !== HELD_BY_US",
      instead: "released.result === 'busy'",
    },
    [{ promise: 'no instance is stopped for it' }],
  ),
  broken('stall-passes', 'I/O that hangs is given time to go on', {
    file: 'lambda/core/heal/decide.ts',
    code: "const mayPass = state === 'timeout' && !stallOutlasted(observation, context, holder);",
    instead: 'const mayPass = false;',
  }),
  broken('spare-stall-passes', 'I/O that hangs is given time to go on, while a spare lies ready', {
    file: 'lambda/core/heal/spare.ts',
    code: 'ready ? await outlast(run, oldVolume, owner, state) : state',
    instead: 'state',
  }),
  broken('spare-stall-passes', 'only what is shut down is let go while the spare is made ready', {
    file: 'lambda/core/heal/spare.ts',
    code: "...(state === 'shutdown' && { fenced:",
    instead: "...(state !== 'serving' && { fenced:",
  }),
  broken('unmounted', 'what is not mounted is mounted again', {
    file: 'lambda/core/heal/decide.ts',
    code: "case 'notMounted':",
    instead: "case 'noCanary':",
  }),
  broken('instance-loss', 'an owner that does not run is seen', {
    file: 'lambda/core/heal/decide.ts',
    code: "if (holder.state !== 'running') return ownerGone",
    instead: "if (holder.state === 'lost') return ownerGone",
  }),
  broken(
    'two-volumes-one-owner',
    'each volume is attached under a name of its own',
    {
      file: 'lambda/aws/ec2/attachments.ts',
      code: 'DEVICE_NAMES.filter((name) => !instance?.devices.includes(name))',
      instead: 'DEVICE_NAMES.slice(0, 1)',
    },
    // The second is attached to another host, and the scenario finds no such owner.
    [PROMISE, { dies: 'and not by one' }],
  ),
  broken('web-dead', 'what nobody reaches is moved to where it is reached', {
    file: 'lambda/core/heal/decide.ts',
    code: 'if (!owner || probe?.instanceId !== owner.id || !isUnreached(observation))',
    instead: "if (!owner || probe?.state === 'serving')",
  }),
  broken('web-cut-off', 'what no move would help stays where it is, and a person is notified', {
    file: 'lambda/core/heal/decide.ts',
    code: '(i) => i.id !== owner.id && answering.includes(i.id),',
    instead: '(i) => i.id !== owner.id,',
  }),
  broken('owner-unseen', 'an owner that is not seen is waited for, and then reported to a person', {
    file: 'lambda/core/heal/decide.ts',
    code: '  if (attachment && !holder) return holderUnseen(observation, context, current, attachment.instanceId);\n',
    instead: '',
  }),
  broken('zone-loss', 'where the zone is lost, another one has to do', {
    file: 'lambda/core/heal/decide.ts',
    code: 'if (!elsewhere)\n',
    instead: "if (current.zone !== '')\n",
  }),
  broken('stuck-detach', 'patience ends, and a person is notified', {
    file: 'lambda/core/heal/heal.ts',
    code: 'export const PATIENCE_SECONDS = 10 * 60;',
    instead: 'export const PATIENCE_SECONDS = 60 * 60;',
  }),
  broken('stuck-attach', 'an attach that does not end says nothing of the snapshot', {
    file: 'lambda/core/heal/replace.ts',
    code: "if (fault === 'volume')",
    instead: 'if (fault)',
  }),
  broken('no-recovery-point', 'without a recovery point a person is notified', {
    file: 'lambda/core/heal/decide.ts',
    code: 'if (recoveryPoints.length === 0) return page',
    instead: 'if (recoveryPoints.length < 0) return page',
  }),
  broken('key-revoked', 'a volume that goes to state error is seen', {
    file: 'lambda/aws/ec2/wait.ts',
    code: "if (seen?.state === 'error')",
    instead: "if (seen?.state === 'lost')",
  }),
  broken('throttled', 'a step is tried again for longer than a minute', {
    file: 'lambda/aws/durable.ts',
    code: 'const STEP_ATTEMPTS = 8;',
    instead: 'const STEP_ATTEMPTS = 1;',
  }),
  broken('capacity', 'a person is notified of why no volume can be made', {
    file: 'lambda/core/heal/heal.ts',
    code: '?? failed(journal, error));',
    instead: "?? failed(journal, new Error('something failed')));",
  }),
  broken('capacity-for-a-while', 'after a heal that failed the next may try at once', {
    file: 'lambda/core/heal/conclude.ts',
    code: "await attempt(workflow, 'release-lease', () => ports.ledger.release(closed.volume, closed.id))",
    instead: 'undefined',
  }),
  {
    rule: 'stale-device-link: a volume is found by its serial number',
    edits: [
      {
        file: 'host/device.sh',
        code: 'find_device() {\n',
        instead:
          'find_device() {\n  device=$(readlink -f "$root/dev/disk/by-id/nvme-Amazon_Elastic_Block_Store_vol$(echo "$volume_id" | cut -c 5-)") && return 0\n',
      },
    ],
    play: ['rehearsal/main.ts', '--scenario', 'stale-device-link', '--seed', '1', '--json', '--disks', 'xfs'],
    // What is found by the link is mounted by nobody, and so the journal's writer does not come either.
    notices: [PROMISE, { dies: 'FAILED' }, { dies: 'does not write the journal' }],
  },
  broken('heal-killed', 'a step that runs twice orders one volume', {
    file: 'lambda/aws/ec2/compute.ts',
    code: 'JSON.stringify([order.healId, order.attempt, order.like.id, order.snapshotId])',
    instead: 'String(Math.random())',
  }),
  broken('second-failure-during-heal', 'a heal looks again and goes on', {
    file: 'lambda/core/heal/heal.ts',
    code: 'const MAX_ROUNDS = 6;',
    instead: 'const MAX_ROUNDS = 1;',
  }),
  broken('first-deployment', 'silence before the first word is no alarm', {
    file: 'lib/volume-guard.ts',
    code: '      datapointsToAlarm: 3,\n      treatMissingData: TreatMissingData.MISSING,',
    instead: '      datapointsToAlarm: 3,\n      treatMissingData: TreatMissingData.BREACHING,',
  }),
  broken(
    'false-alarm',
    'what serves is left alone',
    {
      file: 'lambda/core/heal/decide.ts',
      code: "if (state === 'serving') return serving(observation, context, current, holder);",
      instead: "if (state === 'serving') return replace(observation, context, current, holder, { code: 'nothing' });",
    },
    [PROMISE, { dies: 'does not serve' }, { dies: 'nobody serves' }],
  ),
];
