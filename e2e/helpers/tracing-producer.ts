/**
 * A producer as its own process: takes an order, which is a span, and sends it as an event over HTTP or gRPC with the W3C
 * context of that span. `node --require tsx/cjs tracing-producer.ts http|grpc ADDRESS EVENT_ID`; it prints the span's ids.
 */
import { propagation, ROOT_CONTEXT, trace } from '@opentelemetry/api';
import { startTracing } from '@selfcheer/cheer-kit';
import { ReflectedClient } from './reflected-client';

async function main(): Promise<void> {
  const [transport, address = '', id = ''] = process.argv.slice(2);
  const tracing = await startTracing({ service: 'producer', version: '1.0.0' });
  const span = tracing.tracer.startSpan('take_order');
  const headers: Record<string, string> = {};
  propagation.inject(trace.setSpan(ROOT_CONTEXT, span), headers);
  const payload = { id };
  if (transport === 'http') {
    const answer = await fetch(`http://${address}/v1/events`, {
      method: 'POST',
      body: JSON.stringify({ event_id: id, payload }),
      headers: { 'content-type': 'application/json', ...headers },
      signal: AbortSignal.timeout(30_000),
    });
    if (answer.status !== 202) throw new Error(`${answer.status} ${await answer.text()}`);
  } else {
    const client = await ReflectedClient.connect(address, headers);
    const json = Buffer.from(JSON.stringify(payload));
    await client.unary('selfcheer.v1.IngestService/Ingest', { event_id: id, payload_json: json });
    client.close();
  }
  span.end();
  await tracing.shutdown();
  process.stdout.write(`${JSON.stringify(span.spanContext())}\n`, () => process.exit());
}

void main();
