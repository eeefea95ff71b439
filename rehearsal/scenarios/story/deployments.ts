/** Deployments of the stack as a part of a story: with another claim of its first content volume, or other code. */
import { type Update, type UpdateOptions, updateStack } from '../../../simulator/aws/cloudformation/update.ts';
import { duration } from '../../command/duration.ts';
import { resourceOf } from '../hosts/heals.ts';
import type { Strike } from './incident.ts';

/** Of a claim as the template has it: CloudFormation makes texts of all values. */
export interface Claimed {
  readonly SizeGiB?: number;
  readonly Iops?: number;
  readonly Zone?: string;
}

interface RawTemplate {
  readonly Resources: Record<string, { readonly Type: string; Properties?: Record<string, unknown> }>;
}

/** A copy of the deployed template, to be changed. */
export function copyOf({ world }: Strike): RawTemplate {
  return structuredClone(world.template) as RawTemplate;
}

/** The deployed template with another claim of the story's volume. */
export function claiming(strike: Strike, claimed: Claimed): RawTemplate {
  const template = copyOf(strike);
  const { logicalId } = resourceOf(strike, strike.first.volume);
  const resource = template.Resources[logicalId];
  const values = Object.entries(claimed).map(([key, value]) => [key, String(value)]);
  if (resource) resource.Properties = { ...resource.Properties, ...Object.fromEntries(values) };
  return template;
}

/**
 * The deployed template with other code: the durable functions in another version, as the CDK names each by what is in it, and every
 * document with another script.
 */
export function withNewCode(strike: Strike): unknown {
  const resources = Object.entries(copyOf(strike).Resources);
  const versions = resources.filter(([, { Type }]) => Type === 'AWS::Lambda::Version').map(([id]) => id);
  for (const [, { Type, Properties = {} }] of resources) {
    if (Type === 'AWS::Lambda::Function' && 'DurableConfig' in Properties) Properties.Description += ' (next)';
    if (Type === 'AWS::SSM::Document') addLine(Properties.Content as DocumentContent);
  }
  const changed = JSON.stringify({ ...copyOf(strike), Resources: Object.fromEntries(resources) });
  return JSON.parse(versions.reduce((text, id) => text.replaceAll(`"${id}"`, `"${id}Next"`), changed));
}

interface DocumentContent {
  readonly mainSteps: readonly { readonly inputs: { readonly runCommand: string[] } }[];
}

function addLine({ mainSteps }: DocumentContent): void {
  for (const { inputs } of mainSteps) inputs.runCommand.push('# next');
}

/** Deploys, and says how it ended. Call it within an activity of the clock. */
export async function deployed(
  { services, stage, world }: Strike,
  what: string,
  template: unknown,
  options: Omit<UpdateOptions, 'zones'> = {},
): Promise<Update> {
  const began = world.clock.now();
  const ended = await updateStack(services, stage.created, template, { zones: world.zones, ...options });
  const { status, reason, stuck } = ended;
  const why = [reason, stuck].filter(Boolean).join('; ');
  world.say(
    `a deployment of ${what} ends after ${duration(world.clock.now() - began)} in ${status}${why && `: ${why}`}`,
  );
  return ended;
}
