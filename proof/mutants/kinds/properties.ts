import type { Slip } from './kind.ts';

const test = 'lambda/aws/carried-over.test.ts';
/** Of whatever is made. */
const made = (slip: string, code: string, named: string): Slip => ({
  ...{ slip: `${slip} of what is made`, file: 'lambda/aws/ec2/create.ts' },
  ...{ code, instead: '', test, named },
});
/** Of what a heal and a drill make. */
const restored = (slip: string, property: string, named: string): Slip => ({
  ...{ slip: `${slip} of a replacement, and of a copy that is drilled`, file: 'lambda/aws/ec2/create.ts' },
  code: 'const as = { sizeGiB, type, iops, throughputMiBs, keyArn };',
  instead: `const as = { sizeGiB, type, iops, throughputMiBs, keyArn, ${property}: undefined as never };`,
  ...{ test, named },
});

/** A property of a volume that its successor lacks. */
export const PROPERTIES: readonly Slip[] = [
  made('the key', 'KmsKeyId: order.keyArn,', 'has of the volume its key'),
  made('the type', 'VolumeType: order.type as VolumeType,', 'has as claimed its type'),
  made('the IOPS', 'Iops: order.iops,', 'has of the volume its IOPS'),
  made('the throughput', 'Throughput: order.throughputMiBs,', 'has as claimed its throughput'),
  made('the size', 'Size: order.sizeGiB,', 'has of the volume its size'),
  made('the encryption', 'Encrypted: true,', 'has as claimed that it is encrypted'),
  restored('the key', 'keyArn', 'has of the volume its key'),
  restored('the type', 'type', 'has of the volume its type'),
  restored('the IOPS', 'iops', 'has of the volume its IOPS'),
  restored('the throughput', 'throughputMiBs', 'has of the volume its throughput'),
  restored('the size', 'sizeGiB', 'has of the volume its size'),
  {
    slip: 'the key of what the keeper makes',
    file: 'lambda/aws/ec2/keeper-volumes.ts',
    code: '...{ ...as, keyArn, named,',
    instead: '...{ ...as, keyArn: undefined, named,',
    test,
    named: 'has as claimed its key',
  },
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
    file: 'lambda/aws/ec2/tags.ts',
    code: '  TAG.verdict,\n];',
    instead: '];',
    test,
    named: 'has the tags of the team, and none that are of the one volume',
  },
  {
    slip: 'the blank mark is handed on',
    file: 'lambda/aws/ec2/tags.ts',
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
