import { ENV } from '../../contract/contract.ts';
import { pageKey } from '../../contract/incident-pages.ts';
import { pageOf } from '../../report/incident.ts';
import { pageHtml } from '../../report/page.ts';
import { s3Client } from '../aws/clients.ts';
import { s3Pages } from '../aws/pages.ts';
import { lambdaRuntime, type Runtime, required } from '../aws/runtime.ts';
import { fromEnv } from '../aws/schemas.ts';
import type { Incident } from '../core/world/model.ts';
import { readRecorded } from './recorded.ts';

/**
 * Writes the page of each incident that the ledger has recorded (decision 47). The healer knows nothing of it. Of a record that no page can be made of
 * a line is logged, for it would fail again; where S3 does not take a page the batch fails, and the stream hands it over again.
 */
export function createHandler(runtime: Runtime) {
  const pages = s3Pages(s3Client(runtime), required(runtime.env, ENV.pages));
  const { region } = fromEnv(runtime.env, ENV.place);
  const place = { stack: required(runtime.env, ENV.stack), region };
  return async (event: unknown): Promise<void> => {
    for (const incident of readRecorded(event)) {
      const page = incident && rendered(incident);
      if (page) {
        await pages.write(page.key, page.html);
        runtime.log({ message: 'the page of an incident is written', key: page.key });
      } else runtime.log({ message: 'no page can be made of a record', id: incident?.id });
    }
  };

  function rendered(incident: Incident): { readonly key: string; readonly html: string } | undefined {
    try {
      return { key: pageKey(incident), html: pageHtml(pageOf(incident, { place })) };
    } catch {
      return undefined;
    }
  }
}

let deployed: ReturnType<typeof createHandler> | undefined;
/** What Lambda calls. Built at the first call, so that the module can be loaded without its environment. */
export const handler: ReturnType<typeof createHandler> = (event) => {
  deployed ??= createHandler(lambdaRuntime);
  return deployed(event);
};
