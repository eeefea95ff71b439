import type { Slip } from './kind.ts';

const test = 'lambda/aws/carried-over.test.ts';
/** Of what a heal and a drill make. */
const restored = (slip: string, code: string, named: string): Slip => ({
  ...{ slip: `${slip} of a replacement, and of a copy that is drilled`, file: 'lambda/aws/ec2/restore.ts' },
  ...{ code, instead: '', test, named },
});
/** Of what the keeper makes. */
const kept = (slip: string, code: string, named: string): Slip => ({
  ...{ slip: `${slip} of what the keeper makes`, file: 'lambda/aws/ec2/keeper-volumes.ts' },
  ...{ code, instead: '', test, named },
});

/** A property of a volume that its successor lacks. */
export const PROPERTIES: readonly Slip[] = [
  restored('the key', 'KmsKeyId: like.keyArn,', 'has of the volume its key'),
  restored('the type', 'VolumeType: like.type as VolumeType,', 'has of the volume its type'),
  restored('the IOPS', 'Iops: like.iops,', 'has of the volume its IOPS'),
  restored('the throughput', 'Throughput: like.throughputMiBs,', 'has of the volume its throughput'),
  restored('the size', 'Size: like.sizeGiB,', 'has of the volume its size'),
  restored('the encryption', 'Encrypted: true,', 'has of the volume that it is encrypted'),
  kept('the key', 'KmsKeyId: keyArn,', 'has as claimed its key'),
  kept('the type', 'VolumeType: claim.type as VolumeType,', 'has as claimed its type'),
  kept('the IOPS', 'Iops: claim.iops,', 'has as claimed its IOPS'),
  kept('the throughput', 'Throughput: claim.throughputMiBs,', 'has as claimed its throughput'),
  kept('the size', 'Size: claim.sizeGiB,', 'has as claimed its size'),
  kept('the encryption', 'Encrypted: true,', 'has as claimed that it is encrypted'),
  {
    slip: 'the tags of the team, of a replacement',
    file: 'lambda/aws/ec2/compute.ts',
    code: '    ...copiedTags(order.like.tags),\n',
    instead:
      "    [TAG.stack]: order.like.tags[TAG.stack] ?? '',\n    [TAG.volume]: order.like.tags[TAG.volume] ?? '',\n",
    test,
    named: 'has the tags of the team, and none that are of the one volume',
  },
  {
    slip: 'the tags of the team, of a copy that is drilled',
    file: 'lambda/aws/ec2/drill-store.ts',
    code: '...copiedTags(like.tags),',
    instead: "[TAG.volume]: like.tags[TAG.volume] ?? '',",
    test,
    named: 'has the tags of the team, and none that are of the one volume',
  },
  {
    slip: 'the tags of the team, of a copy of a suspect volume',
    file: 'lambda/aws/ec2/compute.ts',
    code: '...copiedTags(seen?.tags ?? {}),',
    instead: '',
    test,
    named: 'of a suspect volume has them too, and is never a recovery point',
  },
  {
    slip: 'a verdict is handed on',
    file: 'lambda/aws/ec2/volumes.ts',
    code: '  TAG.verdict,\n];',
    instead: '];',
    test,
    named: 'has the tags of the team, and none that are of the one volume',
  },
  {
    slip: 'the blank mark is handed on',
    file: 'lambda/aws/ec2/volumes.ts',
    code: '  TAG.blank,\n',
    instead: '',
    test,
    named: 'has the tags of the team, and none that are of the one volume',
  },
  {
    slip: 'the size of a copy that is larger than its volume',
    file: 'lambda/core/heal/candidates.ts',
    code: 'sizeGiB: Math.max(volume.sizeGiB, sizeGiB)',
    instead: 'sizeGiB: volume.sizeGiB',
    test,
    named: 'what is made of a copy is as large as the volume was',
  },
];
