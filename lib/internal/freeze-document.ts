import { CfnDocument } from 'aws-cdk-lib/aws-ssm';
import { Construct } from 'constructs';
import { DLM_COMMANDS, DLM_PARAMETER, DLM_VERB, EXECUTION_ID } from '../../contract/contract.ts';
import { documentOf } from './host-documents.ts';

/** Seconds that DLM gives each script (10 to 120). More than the script's own deadline, and no more than a freeze may last. */
export const SCRIPT_SECONDS = 30;

/**
 * What Data Lifecycle Manager runs on an instance before and after it starts the snapshots of its volumes: `host/dlm.sh`. Names
 * and values of the parameters are DLM's. The tag lets DLM's managed policy use it, and shows people whose it is.
 * Source: docs.aws.amazon.com/ebs/latest/userguide/automate-app-consistent-backups.html
 */
export class FreezeDocument extends Construct {
  /** Its name, as the policy takes it. */
  readonly documentName: string;

  constructor(scope: Construct, id: string) {
    super(scope, id);
    const document = new CfnDocument(this, 'Document', {
      ...documentOf(DLM_VERB, SCRIPT_SECONDS, {
        [DLM_PARAMETER.executionId]: {
          type: 'String',
          default: 'None',
          description: 'Which snapshot it is for',
          allowedPattern: EXECUTION_ID.source,
          interpolationType: 'ENV_VAR',
        },
        [DLM_PARAMETER.command]: {
          type: 'String',
          default: 'dry-run',
          description: 'Before the snapshot, after it has begun, or nothing',
          allowedValues: [...DLM_COMMANDS],
          interpolationType: 'ENV_VAR',
        },
      }),
      tags: [{ key: 'DLMScriptsAccess', value: 'true' }],
    });
    this.documentName = document.ref;
  }
}
