import type { Cloud } from '../account/cloud.ts';
import { ServiceError } from '../account/service-error.ts';
import { bool, type Dictionary, list, num, object, type Properties } from '../cloudformation/template.ts';
import { type Input, onlyMembers, text } from '../ec2/input.ts';
import type { SimPolicy } from './policy.ts';

/** What DLM answers of a policy. Source: API reference of GetLifecyclePolicy, and the SDK's types. */
export function dlmApi(cloud: Cloud, policies: ReadonlyMap<string, SimPolicy>): void {
  cloud.offer('dlm', {
    GetLifecyclePolicy(input: Input) {
      onlyMembers('GetLifecyclePolicy', input, ['PolicyId']);
      const id = text(input, 'PolicyId');
      const policy = policies.get(id);
      if (!policy) throw new ServiceError('ResourceNotFoundException', `Policy ${id} was not found.`, 404);
      return { Policy: shape(cloud, policy) };
    },
  });
}

function shape(cloud: Cloud, policy: SimPolicy): object {
  const { id, properties, state, statusMessage, modifiedAt } = policy;
  return {
    PolicyId: id,
    PolicyArn: `arn:${cloud.partition}:dlm:${cloud.region}:${cloud.account}:policy/${id}`,
    Description: properties.values.Description,
    ExecutionRoleArn: properties.values.ExecutionRoleArn,
    State: state,
    StatusMessage: statusMessage,
    DateModified: new Date(modifiedAt),
    // Its model has no empty map of tags.
    ...(Object.keys(policy.tags).length > 0 && { Tags: policy.tags }),
    DefaultPolicy: false,
    PolicyDetails: details(policy),
  };
}

/** As they were given, with what DLM fills in. */
function details({ properties }: SimPolicy): Dictionary {
  const given = object(properties, 'PolicyDetails');
  const Schedules = list(given, 'Schedules').map((schedule) => ({
    ...schedule.values,
    CreateRule: createRule(object(schedule, 'CreateRule')),
  }));
  return { PolicyLanguage: 'STANDARD', ResourceLocations: ['CLOUD'], ...given.values, Schedules };
}

/** Numbers and booleans of a template may be texts; DLM has the true types. */
function createRule(rule: Properties): Dictionary {
  const Scripts = list(rule, 'Scripts', []).map((script) => ({
    ...script.values,
    ExecuteOperationOnScriptFailure: bool(script, 'ExecuteOperationOnScriptFailure', true),
    ExecutionTimeout: num(script, 'ExecutionTimeout', 10),
    MaximumRetryCount: num(script, 'MaximumRetryCount', 0),
  }));
  return { Location: 'CLOUD', ...rule.values, ...(Scripts.length > 0 && { Scripts }) };
}
