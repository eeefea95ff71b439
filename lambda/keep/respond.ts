import type { CloudFormationCustomResourceEvent } from 'aws-lambda';
import type { Runtime } from '../aws/runtime.ts';

export type Outcome =
  | { readonly status: 'SUCCESS'; readonly physicalId: string; readonly data: Record<string, string> }
  | { readonly status: 'FAILED'; readonly physicalId: string; readonly reason: string };

const ATTEMPTS = 5;

/**
 * Answers CloudFormation at the pre-signed address of the request. Without an answer a deployment hangs for an hour, so it
 * is tried several times; a repeated answer does no harm.
 * Source: docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/crpg-ref-responses.html
 */
export async function respond(
  runtime: Pick<Runtime, 'fetch' | 'clock'>,
  event: CloudFormationCustomResourceEvent,
  outcome: Outcome,
): Promise<void> {
  const body = JSON.stringify({
    Status: outcome.status,
    PhysicalResourceId: outcome.physicalId,
    StackId: event.StackId,
    RequestId: event.RequestId,
    LogicalResourceId: event.LogicalResourceId,
    ...(outcome.status === 'SUCCESS' ? { Data: outcome.data } : { Reason: outcome.reason }),
  });
  let last = '';
  for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
    try {
      const answer = await runtime.fetch(event.ResponseURL, { method: 'PUT', body, headers: { 'content-type': '' } });
      if (answer.ok) return;
      last = `HTTP ${answer.status}`;
    } catch (error) {
      last = error instanceof Error ? error.message : String(error);
    }
    if (attempt < ATTEMPTS) await runtime.clock.sleep(1000 * 2 ** (attempt - 1));
  }
  throw new Error(`could not answer CloudFormation for ${event.LogicalResourceId} in ${ATTEMPTS} attempts: ${last}`);
}
