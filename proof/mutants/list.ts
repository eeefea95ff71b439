import { type Mutant, PROMISE, rehearse, simulate } from './mutant.ts';

export const MUTANTS: readonly Mutant[] = [
  {
    rule: 'the old owner is fenced before another volume or host serves',
    edits: [
      {
        file: 'lambda/core/heal/fence.ts',
        code: "if (owner.kind === 'nobody') return",
        instead: "if (owner.kind !== 'unseen') return",
      },
    ],
    play: simulate('instance-hang', 'none'),
    notices: [{ promise: 'never two writers' }],
  },
  {
    rule: 'an owner that is not seen is never nobody',
    edits: [
      {
        file: 'lambda/core/heal/decide.ts',
        code: '  if (attachment && !holder) return holderUnseen(observation, context, current, attachment.instanceId);\n',
        instead: '',
      },
      {
        file: 'lambda/core/world/current.ts',
        code: "return state === undefined ? { kind: 'unseen', id }",
        instead: "return state === undefined ? { kind: 'nobody' }",
      },
    ],
    play: rehearse('owner-unseen'),
    notices: [{ promise: 'alpha: the outcome is page' }],
  },
  {
    rule: 'no detach by force',
    edits: [
      {
        file: 'lambda/aws/ec2/attachments.ts',
        code: 'new DetachVolumeCommand({ VolumeId: volumeId, InstanceId: instanceId })',
        instead: 'new DetachVolumeCommand({ VolumeId: volumeId, InstanceId: instanceId, Force: true })',
      },
    ],
    play: simulate('instance-pause', 'none'),
    notices: [{ dies: 'does not know Force' }],
  },
  {
    rule: 'a suspect volume leaves the snapshot schedule',
    edits: [
      {
        file: 'lambda/aws/ec2/tags.ts',
        code: 'ec2.send(new DeleteTagsCommand({ Resources: [id], Tags: [{ Key: key }] }))',
        instead: 'Promise.resolve()',
      },
    ],
    play: rehearse('volume-lost'),
    notices: [{ promise: 'the suspect volume is kept, and out of the schedule' }],
  },
  {
    rule: 'client tokens derive from the heal and the attempt',
    edits: [
      {
        file: 'lambda/aws/ec2/compute.ts',
        code: 'JSON.stringify([order.healId, order.attempt, order.like.id, order.snapshotId])',
        instead: 'JSON.stringify([order.like.id, order.snapshotId])',
      },
    ],
    play: rehearse('key-revoked-for-a-while'),
    notices: [{ promise: 'alpha: the outcome is replace' }],
  },
  {
    rule: 'the lease is asked for inside each step that acts',
    edits: [
      {
        file: 'lambda/core/world/lease.ts',
        code: 'if (lease?.holder === healId && lease.until > ports.clock.now()) return undefined;',
        instead: "if (lease?.holder !== '') return undefined;",
      },
    ],
    play: simulate('again', 'dieLong@step:promote#1'),
    notices: [{ promise: 'no heal acts without the lease' }],
  },
  {
    rule: 'a heal acts only once it has the lease',
    edits: [
      {
        file: 'lambda/core/world/lease.ts',
        code: 'if (lease?.holder === healId && lease.until > ports.clock.now()) return undefined;',
        instead: "if (lease?.holder !== '') return undefined;",
      },
      {
        file: 'lambda/core/world/lease.ts',
        code: 'return ports.ledger.acquire(volume, healId, now, now + LEASE_SECONDS * 1000);',
        instead: 'return ports.ledger.acquire(volume, healId, now, now + LEASE_SECONDS * 1000).then(() => true);',
      },
      // The note of a fence asks for it, too.
      {
        file: 'lambda/aws/dynamodb/ledger.ts',
        // biome-ignore lint/suspicious/noTemplateCurlyInString: it is code, as it stands there
        code: ':fenced${why}`,\n            ConditionExpression: LEASED,',
        instead:
          // biome-ignore lint/suspicious/noTemplateCurlyInString: the same
          ":fenced${why}`, ConditionExpression: 'attribute_exists(pk) OR (leaseHolder = :me AND leaseUntil > :now)',",
      },
    ],
    play: rehearse('alarm-storm'),
    notices: [PROMISE],
  },
  {
    rule: 'a recovery point that cannot be mounted and read is rejected, and the next older one tried',
    edits: [
      { file: 'lambda/core/heal/replace.ts', code: 'if (!prepared.ok) {', instead: 'if (!prepared.ok && index < 0) {' },
    ],
    play: rehearse('rotten-snapshots'),
    notices: [PROMISE],
  },
  {
    rule: 'a recovery point that was rejected is not tried again',
    edits: [
      {
        file: 'lambda/core/heal/candidates.ts',
        code: " && p.verdict !== 'rejected')",
        instead: ')',
      },
    ],
    play: simulate('rotten-snapshots', 'dieLong@step:renew-lease#4'),
    notices: [{ promise: 'no heal tries a copy that is rejected' }],
  },
  {
    rule: 'a blank volume is never served where there is a history',
    edits: [
      {
        file: 'lambda/core/heal/candidates.ts',
        code: 'current.blank && observation.recoveryPoints.length === 0 && observation.volumes.every((v) => v.id === current.id)',
        instead: 'current.blank',
      },
    ],
    play: rehearse('blank-trap'),
    notices: [{ promise: 'never a blank volume in the place of content' }],
  },
  {
    rule: 'a drill has a lease of its own',
    edits: [
      {
        file: 'lambda/aws/dynamodb/drill-ledger.ts',
        code: "dynamoLease(dynamo, TableName, 'DRILL')",
        instead: "dynamoLease(dynamo, TableName, 'STATE')",
      },
      {
        file: 'lambda/aws/dynamodb/drill-ledger.ts',
        code: "'attribute_not_exists(leaseHolder) OR leaseUntil < :now'",
        instead: "'attribute_not_exists(leaseHolder) OR leaseUntil < :now OR leaseUntil > :now'",
      },
      {
        file: 'lambda/core/drill/decide.ts',
        code: 'return ledger?.lease !== undefined && ledger.lease.until > now;',
        instead: 'return ledger?.lease !== undefined && ledger.lease.until > now && now === 0;',
      },
    ],
    play: simulate('drill-during-heal', 'none'),
    notices: [{ promise: 'no heal waits for a drill' }],
  },
  {
    rule: 'whoever mounts has the host to itself',
    edits: [{ file: 'host/mount.sh', code: '  make_way\n', instead: '' }],
    // With half of the seeds the check has ended before the heal mounts.
    play: simulate('drill-during-heal', 'none', 3),
    notices: [{ promise: 'a drill never delays what a heal does on its host' }],
  },
  {
    rule: 'the guard takes a snapshot when the schedule is late',
    edits: [{ file: 'lambda/core/guard/guard.ts', code: 'LATE_MINUTES = 40', instead: 'LATE_MINUTES = 400' }],
    play: simulate('late-copies', 'none'),
    notices: [{ promise: 'the newest recovery-point is at most 60 min old, or a person is notified' }],
  },
  {
    rule: 'the schedule does not delete the last verified copy',
    edits: [
      {
        file: 'lambda/core/guard/guard.ts',
        code: 'if (hold) actions.unshift(hold);',
        instead: 'if (hold && at < 0) actions.unshift(hold);',
      },
    ],
    play: rehearse('verified-held'),
    notices: [{ promise: 'the last verified copy is there, although it is older than the schedule keeps any' }],
  },
  {
    rule: 'an empty answer is none',
    edits: [
      {
        file: 'lambda/aws/ssm/verb-answer.ts',
        code: 'if (wrong === undefined) return',
        instead: "if (output === '' || wrong === undefined) return",
      },
    ],
    play: rehearse('empty-answer'),
    notices: [{ promise: 'without an answer nothing is verified, and no spare is made of it' }],
  },
  {
    rule: 'copies from after the failure come last',
    edits: [
      {
        file: 'lambda/core/world/evidence.ts',
        code: 'return failingSince ?? alarmedAt ?? ledger?.paged?.at;',
        instead: 'return undefined;',
      },
    ],
    play: rehearse('copies-after-failure'),
    notices: [{ promise: 'none of them is tried' }],
  },
  {
    rule: 'slow is no evidence',
    edits: [
      {
        file: 'lambda/core/world/patience.ts',
        code: 'return ANY_SECONDS + Math.round(sizeGiB * GIB_SECONDS);',
        instead: 'return Math.round(ANY_SECONDS / 10 + sizeGiB * GIB_SECONDS);',
      },
    ],
    play: rehearse('slow-mount'),
    notices: [{ promise: 'the first copy is waited for, and no other is made' }],
  },
  {
    rule: 'a fall holds the older copy, and is reported',
    edits: [
      {
        file: 'lambda/core/drill/drill.ts',
        code: 'if (older && fell.length > 0)',
        instead: 'if (older && fell.length > 3)',
      },
    ],
    play: rehearse('content-falls'),
    notices: [{ promise: 'a person is notified once, with the copy that is kept' }],
  },
];
