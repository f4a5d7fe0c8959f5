import { counter } from '@selfcheer/cheer-kit';
import express from 'express';
import { findItem } from './items.js';

/** The routes. Each is counted, timed, traced, logged and judged by itself: a new one needs nothing more. */
export function createApp(service) {
  // A metric of our own. Label values come from a short list, never from what a caller sends.
  const reads = counter(
    service.registry,
    { name: 'items_read_total', help: 'Items that were asked for', labelNames: ['result'] },
    [{ result: 'found' }, { result: 'missing' }],
  );

  const app = express();
  app.disable('x-powered-by');
  app.use(service.middleware()); // before everything else

  app.get('/items/:id', async (request, response) => {
    const { id } = request.params;
    const item = await findItem(id);
    reads.inc({ result: item ? 'found' : 'missing' });
    if (!item) throw Object.assign(new Error(`There is no item ${id}.`), { status: 404, expose: true });
    // Carries the trace id of this request, wherever it is written.
    service.logger.info({ id: item.id }, 'item read');
    response.json(item);
  });

  app.use(service.errorHandler()); // after everything else
  return app;
}
