/** One plain express route, bare or with the kit in front: `node --import tsx kit-server.ts bare|kit`. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createService } from '@selfcheer/cheer-kit';
import express from 'express';

const app = express();
const route = (): void => {
  app.get('/flights/:id', (request, response) => {
    response.json({ id: request.params.id, origin: 'SEA', delay: 12 });
  });
};

if (process.argv[2] === 'kit') {
  const service = createService({ name: 'bench', version: '1.0.0', logLevel: 'warn' });
  app.use(service.middleware());
  route();
  void service.listen(app, '127.0.0.1:0');
} else {
  route();
  const server = createServer(app).listen(0, '127.0.0.1', () => {
    process.stdout.write(`{"http":"127.0.0.1:${(server.address() as AddressInfo).port}"}\n`);
  });
  process.once('SIGTERM', () => process.exit(0));
}
