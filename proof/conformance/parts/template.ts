import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { CloudFormationClient, CreateStackCommand, DescribeStacksCommand } from '@aws-sdk/client-cloudformation';
import { DescribeVolumesCommand, EC2Client } from '@aws-sdk/client-ec2';
import { GetParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import { TAG } from '../../../contract/contract.ts';
import { templateOf } from '../../../rehearsal/world/rehearse.ts';
import { readTemplate } from '../../../simulator/aws/cloudformation/template-model.ts';
import { REGION, settingsFor } from '../behaviours/bench.ts';
import type { Part, Report, Verdict } from '../part.ts';
import { IMAGE, MATH, onExpression, TAKEN_OUT, withImages, without } from '../template/taken-out.ts';
import { lastLines, run } from '../tools/run.ts';
import { type Emulator, ministack } from '../tools/server.ts';

const ROOT = join(import.meta.dirname, '../../..');
/** Far more than it takes: it ends what hangs, and not what is slow. */
const DEPLOY_SECONDS = 900;
const ACCOUNT = '000000000000';
/** At a small stack, until it has ended: for ten minutes. */
const LOOKS = 1200;
const LOOK_MS = 500;

/** The template, deployed by the real CDK into an emulator, where the keeper's bundle makes the volumes. */
export const template: Part = {
  about: 'the template, by a real `cdk deploy` over HTTP into MiniStack, the bundle of the keeper making real calls',

  async run({ assemblies, python, directory }): Promise<Report> {
    const assembly = await assemblies.of();
    const whole = readTemplate(templateOf(assembly));
    const emulator = await ministack(python, directory);
    try {
      const unknown = await unrecognized(emulator, whole);
      if (await lacksMath(emulator, whole)) unknown.push(MATH);
      const noImages = await lacksImages(emulator, whole);
      const edited = join(directory, 'edited');
      cpSync(assembly.directory, edited, { recursive: true });
      const file = join(edited, `${assembly.stackName}.template.json`);
      const rest = without(JSON.parse(readFileSync(file, 'utf8')), unknown);
      writeFileSync(file, JSON.stringify(noImages ? withImages(rest) : rest));
      const deployed = await deploy(emulator, edited, assembly.stackName);
      const verdicts = [expected(emulator, noImages ? [...unknown, IMAGE] : unknown), deployed];
      if (deployed.ok) verdicts.push(await volumes(emulator, whole));
      return { verdicts };
    } finally {
      await emulator.stop();
    }
  },
};

/** Types that the emulator does not know, by its own word on all of them. */
async function unrecognized(emulator: Emulator, whole: ReturnType<typeof readTemplate>): Promise<string[]> {
  // Types alone: a template that is sent with the request itself has at most 51,200 bytes.
  const types = Object.entries(whole.Resources).map(([id, { Type }]) => [id, { Type }]);
  const answer = await fetch(emulator.url, {
    method: 'POST',
    headers: {
      'content-type': 'application/x-www-form-urlencoded',
      authorization: `AWS4-HMAC-SHA256 Credential=test/20260101/${REGION}/cloudformation/aws4_request, SignedHeaders=host, Signature=0`,
    },
    body: new URLSearchParams({
      Action: 'ValidateTemplate',
      Version: '2010-05-15',
      TemplateBody: JSON.stringify({ Resources: Object.fromEntries(types) }),
    }),
    signal: AbortSignal.timeout(120_000),
  });
  const text = await answer.text();
  if (answer.ok) return [];
  const list = /Unrecognized resource types: \[([^\]]*)\]/.exec(text)?.[1];
  if (list === undefined) throw new Error(`${emulator.of} did not validate the template: ${text.slice(0, 500)}`);
  return list.split(',').map((each) => each.trim());
}

function expected(emulator: Emulator, unknown: readonly string[]): Verdict {
  const listed = Object.keys(TAKEN_OUT);
  const more = unknown.filter((type) => !listed.includes(type));
  const less = listed.filter((type) => !unknown.includes(type));
  return {
    asked: 'which types of the template have to be taken out',
    of: emulator.of,
    said: [
      ...more.map((type) => `NOT EXPECTED: ${type}`),
      ...less.map((type) => `NEED NOT BE TAKEN OUT, take it off the list: ${type}`),
      ...unknown.filter((type) => listed.includes(type)).map((type) => `${type} (${TAKEN_OUT[type]})`),
    ].join('; '),
    ok: more.length === 0 && less.length === 0,
  };
}

/** Whether the emulator lacks AWS's own parameters with the newest images, which the template names. */
async function lacksImages(emulator: Emulator, { Parameters = {} }: ReturnType<typeof readTemplate>): Promise<boolean> {
  const ssm = new SSMClient(settingsFor(emulator));
  for (const { Type, Default } of Object.values(Parameters as Record<string, { Type?: string; Default?: string }>)) {
    if (Type !== IMAGE || Default === undefined) continue;
    try {
      await ssm.send(new GetParameterCommand({ Name: Default }));
    } catch (error) {
      if ((error as Error).name === 'ParameterNotFound') return true;
      throw error;
    }
  }
  return false;
}

/** Whether the emulator refuses an alarm on an expression, which the template has: a stack with such a one and nothing else is tried. */
async function lacksMath(emulator: Emulator, { Resources }: ReturnType<typeof readTemplate>): Promise<boolean> {
  if (!Object.values(Resources).some(onExpression)) return false;
  const cloudFormation = new CloudFormationClient(settingsFor(emulator));
  const used = { Id: 'used', MetricStat: { Metric: { MetricName: 'M', Namespace: 'N' }, Period: 60, Stat: 'Minimum' } };
  const Properties = {
    Metrics: [
      { Id: 'trend', Expression: 'used + RATE(used)' },
      { ...used, ReturnData: false },
    ],
    ...{ Threshold: 1, EvaluationPeriods: 1, ComparisonOperator: 'GreaterThanThreshold' },
  };
  const TemplateBody = JSON.stringify({ Resources: { Alarm: { Type: 'AWS::CloudWatch::Alarm', Properties } } });
  const StackName = 'MetricMath';
  await cloudFormation.send(new CreateStackCommand({ StackName, TemplateBody }));
  for (let look = 0; look < LOOKS; look++) {
    const { Stacks } = await cloudFormation.send(new DescribeStacksCommand({ StackName }));
    const status = Stacks?.[0]?.StackStatus ?? '';
    if (status && !status.endsWith('IN_PROGRESS')) return status !== 'CREATE_COMPLETE';
    await sleep(LOOK_MS);
  }
  throw new Error(`${emulator.of} did not end the stack ${StackName}`);
}

async function deploy(emulator: Emulator, app: string, stackName: string): Promise<Verdict> {
  const cdk = join(ROOT, 'node_modules', '.bin', 'cdk');
  const env = {
    AWS_ENDPOINT_URL: emulator.url,
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
    AWS_REGION: REGION,
    AWS_DEFAULT_REGION: REGION,
    AWS_EC2_METADATA_DISABLED: 'true',
    CDK_DISABLE_CLI_TELEMETRY: 'true',
    CI: 'true',
  };
  const options = { seconds: DEPLOY_SECONDS, cwd: app, env };
  const verdict = (ok: boolean, said: string) => ({
    asked: `\`cdk bootstrap\` and \`cdk deploy ${stackName}\`, the rest of the template as it was synthesized`,
    of: emulator.of,
    said,
    ok,
  });
  const bootstrap = await run([cdk, 'bootstrap', `aws://${ACCOUNT}/${REGION}`, '--app', app], options);
  if (bootstrap.code !== 0) return verdict(false, `bootstrap: ${lastLines(bootstrap)}`);
  const command = [cdk, 'deploy', stackName, '--app', app, '--require-approval', 'never', '--progress', 'events'];
  const deployed = await run(command, options);
  return verdict(deployed.code === 0, deployed.code === 0 ? 'deployed' : lastLines(deployed, 30));
}

/** What the keeper's bundle has made, by calls of its own. */
async function volumes(emulator: Emulator, whole: ReturnType<typeof readTemplate>): Promise<Verdict> {
  const claims = Object.values(whole.Resources).filter(({ Type }) => Type === 'Custom::RemountContentVolume');
  const { Volumes = [] } = await new EC2Client(settingsFor(emulator)).send(new DescribeVolumesCommand({}));
  const wrong = claims.flatMap(({ Properties = {} }) => {
    const made = Volumes.filter((each) =>
      each.Tags?.some(({ Key, Value }) => Key === TAG.volume && Value === Properties.Volume),
    );
    const [one] = made;
    if (!one || made.length !== 1) return [`${made.length} volumes of ${Properties.Volume}`];
    const { Size, AvailabilityZone, VolumeType, Iops, Encrypted } = one;
    const is = [String(Size), AvailabilityZone, VolumeType, String(Iops), Encrypted].join(' ');
    const claimed = [Properties.SizeGiB, Properties.Zone, Properties.VolumeType, Properties.Iops, true].join(' ');
    return is === claimed ? [] : [`${Properties.Volume}: ${is}, claimed ${claimed}`];
  });
  return {
    asked: `the volumes that the bundle of the keeper made, ${claims.length} of them`,
    of: emulator.of,
    said: wrong.length === 0 ? 'each once, as it is claimed: size, zone, type, IOPS, encryption' : wrong.join('; '),
    ok: wrong.length === 0 && claims.length > 0,
  };
}
