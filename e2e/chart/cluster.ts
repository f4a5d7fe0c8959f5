import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface FakeCluster {
  readonly url: string;
  close(): Promise<void>;
}

const secrets = { name: 'secrets', singularName: 'secret', namespaced: true, kind: 'Secret', verbs: ['get'] };

/**
 * As much of the API of Kubernetes as `lookup` in a template asks for, with one Secret in the namespace `selfcheer`:
 * https://kubernetes.io/docs/reference/using-api/api-concepts/
 */
export async function fakeCluster(
  name: string,
  data: Readonly<Record<string, string>>,
): Promise<FakeCluster> {
  const encoded = Object.entries(data).map(([key, value]) => [key, Buffer.from(value).toString('base64')]);
  const secret = {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name, namespace: 'selfcheer' },
    data: Object.fromEntries(encoded) as Record<string, string>,
  };
  const answers: Readonly<Record<string, object>> = {
    '/api/v1': { kind: 'APIResourceList', groupVersion: 'v1', resources: [secrets] },
    [`/api/v1/namespaces/selfcheer/secrets/${name}`]: secret,
  };
  const send = (response: ServerResponse, status: number, body: object): void => {
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  };
  const server = createServer((request, response) => {
    const answer = answers[request.url?.split('?')[0] ?? ''];
    if (answer) send(response, 200, answer);
    else send(response, 404, { kind: 'Status', status: 'Failure', reason: 'NotFound', code: 404 });
  });
  server.on('error', () => undefined);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async close() {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}
