import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** An S3 of one bucket on a port of this machine: GET, HEAD, and PUT that holds to `If-None-Match: *`. */
export class HttpS3 {
  readonly objects = new Map<string, { readonly bytes: Buffer; readonly metadata: Record<string, string> }>();
  readonly #server: Server;

  constructor() {
    this.#server = createServer(async (request, response) => {
      const key = request.url?.split('?')[0] ?? '';
      if (request.method === 'PUT') {
        const chunks: Buffer[] = [];
        for await (const chunk of request) chunks.push(chunk as Buffer);
        if (request.headers['if-none-match'] !== '*' || this.objects.has(key)) {
          response.writeHead(412).end('<Error><Code>PreconditionFailed</Code></Error>');
          return;
        }
        const given = Object.entries(request.headers).filter(([name]) => name.startsWith('x-amz-meta-'));
        this.objects.set(key, {
          bytes: Buffer.concat(chunks),
          metadata: Object.fromEntries(given) as Record<string, string>,
        });
        response.writeHead(200).end();
        return;
      }
      const found = this.objects.get(key);
      if (found) response.writeHead(200, { ...found.metadata, 'content-length': found.bytes.length });
      else response.writeHead(404);
      if (request.method === 'HEAD') response.end();
      else response.end(found?.bytes ?? '<Error><Code>NoSuchKey</Code></Error>');
    });
  }

  async listen(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }
  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }
}
