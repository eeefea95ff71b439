import type { Known } from '../known.ts';

const TEXTS = 'the model has numbers, and the SDK for JavaScript texts';

/** Where calls or answers of the rehearsal differ from AWS's models, and stay so. */
export const KNOWN_DEVIATIONS: readonly Known[] = [
  {
    finding: 'ec2:DescribeVpcEndpoints output.VpcEndpoints[].State: "available"',
    reason:
      'the model has capital letters, and answers have small ones: the examples of describe-vpc-endpoints in the CLI reference',
  },
  { finding: 's3:ListParts input.PartNumberMarker: a string', reason: TEXTS },
  { finding: 's3:ListParts output.PartNumberMarker: a string', reason: TEXTS },
  { finding: 's3:ListParts output.NextPartNumberMarker: a string', reason: TEXTS },
];
