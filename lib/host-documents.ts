import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Stack } from 'aws-cdk-lib';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import { CfnDocument } from 'aws-cdk-lib/aws-ssm';
import { Construct } from 'constructs';
import { ENV, HOST_VERBS, type HostVerb, SEED, TAG, VERB_PARAMETER, VOLUME_ID, VOLUME_NAME } from './contract.ts';
import { acknowledgeTagged, allowDescribing, ec2Arns } from './volume-permissions.ts';

const HOST = join(import.meta.dirname, '..', 'host');
const COMMON_LINE = /^\. "\$\(dirname "\$0"\)\/common\.sh"$/m;

/** Seconds that the agent lets a verb run; each verb has a shorter deadline of its own. */
const TIMEOUTS: Readonly<Record<HostVerb, number>> = {
  probe: 15,
  format: 75,
  mount: 75,
  verify: 60,
  serve: 30,
  release: 45,
  grow: 45,
  check: 1560,
};

/** A file of `host/`, as it is. */
export function hostFile(name: string): string {
  return readFileSync(join(HOST, name), 'utf8');
}

/** A host verb as one script: the line that sources the common part is replaced by it. */
export function verbScript(verb: HostVerb): string {
  const script = hostFile(`${verb}.sh`);
  if (!COMMON_LINE.test(script)) throw new Error(`host/${verb}.sh has no line that sources common.sh`);
  return script.replace(COMMON_LINE, () => hostFile('common.sh'));
}

/** One SSM document for each host verb. Parameters reach the script as environment variables, and are never pasted into it. */
export class HostDocuments extends Construct {
  readonly documents: Readonly<Record<HostVerb, CfnDocument>>;

  constructor(scope: Construct, id: string) {
    super(scope, id);
    const made = HOST_VERBS.map((verb) => [verb, this.#document(verb)] as const);
    this.documents = Object.fromEntries(made) as Record<HostVerb, CfnDocument>;
  }

  /** Lets a function run these verbs, and no others, on the hosts of one stack, and tells it the documents' names. */
  grantRunning(grantee: LambdaFunction, stackName: string, verbs: readonly HostVerb[]): void {
    const stack = Stack.of(this);
    const names = verbs.map((verb) => [verb, this.documents[verb].ref] as const);
    grantee.addEnvironment(ENV.documents, stack.toJsonString(Object.fromEntries(names)));
    allowDescribing(grantee, ['ssm:GetCommandInvocation']);
    grantee.addToRolePolicy(
      new PolicyStatement({
        actions: ['ssm:SendCommand'],
        resources: names.map(
          ([, name]) => `arn:${stack.partition}:ssm:${stack.region}:${stack.account}:document/${name}`,
        ),
      }),
    );
    grantee.addToRolePolicy(
      new PolicyStatement({
        actions: ['ssm:SendCommand'],
        resources: [ec2Arns(stack, 'instance')],
        conditions: { StringEquals: { [`ssm:resourceTag/${TAG.stack}`]: stackName } },
      }),
    );
    acknowledgeTagged(grantee, 'instance');
  }

  #document(verb: HostVerb): CfnDocument {
    const parameter = (description: string, pattern: RegExp) => ({
      type: 'String',
      description,
      allowedPattern: pattern.source,
      // SSM Agent 3.3.2746 or later, docs.aws.amazon.com/systems-manager/latest/userguide/documents-syntax-data-elements-parameters.html
      interpolationType: 'ENV_VAR',
    });
    const onVolume = { [VERB_PARAMETER.volume]: parameter('Name of the content volume', VOLUME_NAME) };
    const onDevice = { ...onVolume, [VERB_PARAMETER.volumeId]: parameter('EBS volume', VOLUME_ID) };
    const inDrill = { ...onDevice, [VERB_PARAMETER.seed]: parameter('Number of the drill', SEED) };
    const parameters: Partial<Record<HostVerb, object>> = { probe: onVolume, check: inDrill };
    return new CfnDocument(this, `${verb[0]?.toUpperCase()}${verb.slice(1)}`, {
      documentType: 'Command',
      documentFormat: 'JSON',
      targetType: '/AWS::EC2::Instance',
      // Without it a changed script would replace the document, and with it its name, under a healer that is running.
      updateMethod: 'NewVersion',
      content: {
        schemaVersion: '2.2',
        description: `Remount host verb: ${verb}`,
        parameters: parameters[verb] ?? onDevice,
        mainSteps: [
          {
            action: 'aws:runShellScript',
            name: verb,
            inputs: { timeoutSeconds: String(TIMEOUTS[verb]), runCommand: verbScript(verb).trimEnd().split('\n') },
          },
        ],
      },
    });
  }
}
