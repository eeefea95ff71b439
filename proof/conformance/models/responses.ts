import { RESPONSES } from '../../../simulator/aws/lambda/lambda.ts';
import type { ServiceModel } from './model.ts';

const TEXT = { shape: 'Text' } as const;

/**
 * What a custom resource answers CloudFormation with. AWS publishes it in words only, so it is written down here:
 * docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/crpg-ref-responses.html ("Custom resource response objects"). The physical
 * id has at most 1 KB, and a FAILED needs its reason; the whole body has at most 4,096 bytes, which `respond` of the keeper is tested for.
 */
export const RESPONSE_MODEL: ServiceModel = {
  metadata: { serviceId: 'CloudFormation custom resource responses', apiVersion: 'as documented' },
  operations: { PUT: { input: { shape: 'Response' } } },
  shapes: {
    Response: {
      type: 'structure',
      required: ['Status', 'PhysicalResourceId', 'StackId', 'RequestId', 'LogicalResourceId'],
      members: {
        Status: { shape: 'Status' },
        Reason: TEXT,
        PhysicalResourceId: { shape: 'PhysicalId' },
        StackId: TEXT,
        RequestId: TEXT,
        LogicalResourceId: TEXT,
        NoEcho: { shape: 'Flag' },
        Data: { shape: 'Data' },
      },
    },
    Status: { type: 'string', enum: ['SUCCESS', 'FAILED'] },
    Text: { type: 'string', min: 1 },
    PhysicalId: { type: 'string', min: 1, max: 1024 },
    Flag: { type: 'boolean' },
    Data: { type: 'map', key: TEXT, value: { shape: 'Value' } },
    Value: { type: 'string' },
  },
};

export const WRITTEN_MODELS: Readonly<Record<string, ServiceModel>> = { [RESPONSES]: RESPONSE_MODEL };
