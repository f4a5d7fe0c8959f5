// An HTTP service with logs, traces, metrics, health and a cheer. See README.md beside this file.
import { setTimeout as sleep } from 'node:timers/promises';
import { createService, HttpError, injectTrace } from '@selfcheer/cheer-kit';
import express from 'express';

const items = ['lamp', 'chair', 'table'];
const prices = { lamp: 40, chair: 75, table: 180 };

const service = createService({
  name: 'orders',
  version: '1.0.0',
  checks: {
    stock() {
      if (items.length === 0) throw new Error('there is nothing to sell');
    },
  },
  // Reports take their time: only what is slower than two seconds is late.
  slo: { availability: 0.999, latency: { objective: 0.99, targetSeconds: 2 } },
  downstreams: ['prices'],
});
const priceList = service.downstream('prices', { timeoutMs: 500 });

const app = express();
app.use(service.middleware());
app.get('/orders/:id', (request, response) => {
  const id = Number(request.params.id);
  if (!Number.isInteger(id)) return response.status(404).json({ detail: 'there is no such order' });
  const item = items[Math.abs(id) % items.length];
  service.logger.info({ id, item }, 'order read');
  response.json({ id, item });
});
app.get('/prices/:item', (request, response) => {
  response.json({ price: prices[request.params.item] ?? null });
});
app.get('/orders/:id/price', async (request, response) => {
  const item = items[Math.abs(Number(request.params.id)) % items.length];
  // Behind retries, bulkhead, breaker and timeout; and what it calls becomes part of the same trace.
  const price = await priceList.call(async (signal) => {
    const answer = await fetch(`${pricesUrl}/prices/${item}`, { signal, headers: injectTrace({}) });
    // To fetch every answer is a success; to retries, breaker and metrics it must not be.
    if (!answer.ok) throw new HttpError(answer.status);
    return answer.json();
  });
  response.json(price);
});
app.get('/report', async (_request, response) => {
  // When the service is told to stop, a report that is being made is still answered.
  await sleep(1500);
  response.json({ items: items.length });
});
app.use(service.errorHandler());

const { http } = await service.listen(app, process.env.LISTEN ?? '127.0.0.1:8080');
const pricesUrl = process.env.PRICES_URL ?? `http://${http}`;
