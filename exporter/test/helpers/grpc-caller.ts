import { Client, credentials, Metadata } from '@grpc/grpc-js';
import { methodOf, type Message } from './grpc-fixture';

/** One unary call on a connection of its own, as a foreign client makes it from the .proto files. Rejects with a ServiceError. */
export function callGrpc(
  address: string,
  path: string,
  request: Message,
  metadata: Record<string, string> = {},
): Promise<Message> {
  const method = methodOf(path);
  const client = new Client(address, credentials.createInsecure());
  const headers = new Metadata();
  for (const [name, value] of Object.entries(metadata)) headers.set(name, value);
  return new Promise<Message>((resolve, reject) => {
    client.makeUnaryRequest(
      method.path,
      method.requestSerialize,
      method.responseDeserialize,
      request,
      headers,
      { deadline: Date.now() + 10_000 },
      (error, answer) => (error ? reject(error) : resolve(answer!)),
    );
  }).finally(() => client.close());
}

export const ingestPath = 'selfcheer.v1.IngestService/Ingest';
export const cheerPath = 'selfcheer.v1.CheerService/GetCheer';
export const healthPath = 'grpc.health.v1.Health/Check';
