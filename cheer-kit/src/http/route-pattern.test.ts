import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import express, { Router, type Express } from 'express';
import { routePattern } from './route-pattern';

/** The pattern of each request, as the response's end sees it. */
async function patternsOf(app: Express, paths: readonly string[], method = 'GET'): Promise<string[]> {
  const seen: string[] = [];
  const server = createServer((request, response) => {
    response.on('close', () => seen.push(routePattern(request)));
    app(request, response);
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  for (const path of paths) await (await fetch(`http://127.0.0.1:${port}${path}`, { method })).text();
  await new Promise((resolve) => server.close(resolve));
  return seen;
}

const ok = (_request: express.Request, response: express.Response): void => void response.end();

function usersRouter(): Router {
  const router = Router({ mergeParams: true });
  router.get('/', ok);
  router.get('/:id/orders/:order', ok);
  return router;
}

test('the pattern of a route, never the path', async () => {
  const app = express();
  app.get('/orders/:id', ok);
  app.get('/', ok);
  app.get('/files/*path', ok);
  const paths = ['/orders/1', '/orders/2?q=3', '/', '/files/a/b', '/nothing', '/orders'];
  expect(await patternsOf(app, paths)).toEqual([
    '/orders/:id',
    '/orders/:id',
    '/',
    '/files/*path',
    'unmatched',
    'unmatched',
  ]);
});

test('those of the routers around it', async () => {
  const app = express();
  const v1 = Router();
  v1.use('/users', usersRouter());
  v1.use('/tenants/:tenant/users/', usersRouter());
  app.use('/api', v1);
  app.use(usersRouter());
  const paths = [
    '/api/users',
    '/api/users/7/orders/8',
    '/api/tenants/acme/users/7/orders/8',
    '/api/tenants/acme/users/',
    '/9/orders/10',
    '/',
  ];
  expect(await patternsOf(app, paths)).toEqual([
    '/api/users',
    '/api/users/:id/orders/:order',
    '/api/tenants/:tenant/users/:id/orders/:order',
    '/api/tenants/:tenant/users',
    '/:id/orders/:order',
    '/',
  ]);
});

test('one router that is mounted in several places', async () => {
  const app = express();
  const users = usersRouter();
  app.use('/v1/:tenant', users);
  app.use(['/v2', '/v3'], users);
  const paths = ['/v1/acme/7/orders/8', '/v2/7/orders/8', '/v3/7/orders/8', '/V3/7/orders/8'];
  expect(await patternsOf(app, paths)).toEqual([
    '/v1/:tenant/:id/orders/:order',
    '/v2/:id/orders/:order',
    '/v3/:id/orders/:order',
    '/v3/:id/orders/:order',
  ]);
});

test('mounted apps, with routers in them', async () => {
  const app = express();
  const shop = express();
  const users = usersRouter();
  shop.use('/a/users', users);
  shop.use('/b/users', users);
  shop.get('/', ok);
  app.use('/shops/:shop', shop);
  app.use('/users', users);
  const paths = [
    '/users/1/orders/2',
    '/shops/7/a/users/1/orders/2',
    '/shops/7/b/users/1/orders/2',
    '/shops/9',
  ];
  expect(await patternsOf(app, paths)).toEqual([
    '/users/:id/orders/:order',
    '/shops/:shop/a/users/:id/orders/:order',
    '/shops/:shop/b/users/:id/orders/:order',
    '/shops/:shop',
  ]);
});

test('several patterns and regular expressions have one name', async () => {
  const app = express();
  app.get(['/a', '/b/:id'], ok);
  app.get(/^\/x(\d+)$/, ok);
  app.use(/^\/r\d+/, usersRouter());
  expect(await patternsOf(app, ['/a', '/b/2', '/x12', '/r5/1/orders/2'])).toEqual([
    '/a|/b/:id',
    '/a|/b/:id',
    '^\\/x(\\d+)$',
    '^\\/r\\d+/:id/orders/:order',
  ]);
});

test('a route that answers an error, and a middleware that answers before any route', async () => {
  const app = express();
  app.use('/private', (_request, response) => void response.status(401).end());
  app.get('/broken/:id', () => {
    throw new Error('broken');
  });
  app.use(((_error, _request, response, _next) => response.status(500).end()) as express.ErrorRequestHandler);
  expect(await patternsOf(app, ['/private/7', '/broken/1'])).toEqual(['unmatched', '/broken/:id']);
});

test('routes that are added later', async () => {
  const app = express();
  const late = Router();
  app.use('/late/:id', late);
  expect(await patternsOf(app, ['/late/1/x'])).toEqual(['unmatched']);
  late.get('/x', ok);
  expect(await patternsOf(app, ['/late/1/x'])).toEqual(['/late/:id/x']);
});

test('without express there is no pattern', () => {
  expect(routePattern({ url: '/orders/7' } as IncomingMessage)).toBe('unmatched');
});

/** A layer as express 4 and the first routers of express 5 have it: what it found is left in itself. */
class OldLayer {
  path: string | undefined;
  params: Record<string, string> = {};

  constructor(
    private readonly pattern: RegExp,
    readonly handle: { stack?: unknown[] },
  ) {}

  match(path: string): boolean {
    const match = this.pattern.exec(path);
    if (!match) return false;
    this.path = match[0];
    this.params = Object.fromEntries(
      Object.entries(match.groups ?? {}).map(([name, value]) => [name, decodeURIComponent(value)]),
    );
    return true;
  }
}

test('an older router says only with what values a mount was matched', () => {
  const route = { path: '/orders/:order' };
  const inner = new OldLayer(/^\/users\/(?<id>[^/]+)/, { stack: [{ route, handle: {}, match: () => true }] });
  const outer = new OldLayer(/^\/(?<tenant>[^/]+)\/?/, { stack: [inner] });
  const other = new OldLayer(/^\/x/, {});
  const app = { _router: { stack: [other, outer] }, path: () => '' };
  const request = { route, app, baseUrl: '/ac%20me/users/7' } as unknown as IncomingMessage;
  expect(routePattern(request)).toBe('/:tenant/users/:id/orders/:order');
});
