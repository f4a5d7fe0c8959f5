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

/** A layer as express 4 has it: the pattern is compiled, and what it found is left in itself. */
class Express4Layer {
  path: string | undefined;

  constructor(
    readonly regexp: RegExp & { fast_slash?: boolean },
    readonly keys: readonly { readonly name: string | number }[],
    readonly handle: { readonly stack?: readonly unknown[] },
  ) {}

  match(path: string): boolean {
    this.path = this.regexp.exec(path)?.[0];
    return this.path !== undefined;
  }
}

const leaf = { path: '/leaf/:n' };
const leafRouter = { stack: [{ route: leaf, handle: {}, match: () => true }] };
const below = (baseUrl: string, stack: readonly unknown[]): string =>
  routePattern({ route: leaf, app: { _router: { stack }, path: () => '' }, baseUrl } as never);

test.each([
  [
    'a parameter',
    new RegExp('^/tenants(?:/([^/]+?))/?(?=/|$)', 'i'),
    ['t'],
    '/tenants/tenants',
    '/tenants/:t',
  ],
  ['one of older versions', /^\/tenants\/(?:([^\/]+?))\/?(?=\/|$)/i, ['t'], '/tenants/a%20b', '/tenants/:t'],
  [
    'two of them',
    new RegExp('^/v1\\.0(?:/([^/]+?))/in(?:/([^/]+?))/?(?=/|$)', 'i'),
    ['a', 'b'],
    '/v1.0/x/in/x',
    '/v1.0/:a/in/:b',
  ],
  ['a wildcard', new RegExp('^/files/(.*)/?(?=/|$)', 'i'), [0], '/files/secret/path', '/files/*'],
  ['several', new RegExp('^/a/?(?=/|$)|^/b(?:/([^/]+?))/?(?=/|$)', 'i'), ['id'], '/b/7', '/a|/b/:id'],
  ['several, older', /(?:^\/a\/?(?=\/|$)|^\/b\/?(?=\/|$))/i, [], '/b', '/a|/b'],
  ['a regular expression', /^\/v\d+/, [], '/v7', '^\\/v\\d+'],
  [
    'a parameter with its own expression',
    new RegExp('^/n(?:/(\\d+))/?(?=/|$)', 'i'),
    ['n'],
    '/n/7',
    '^\\/n(?:\\/(\\d+))\\/?(?=\\/|$)',
  ],
] as const)('under express 4, a router mounted at %s', (_what, regexp, names, baseUrl, pattern) => {
  const keys = names.map((name) => ({ name }));
  const mount = new Express4Layer(regexp, keys, leafRouter);
  expect(below(baseUrl, [mount])).toBe(`${pattern}/leaf/:n`);
  const other = new Express4Layer(/^\/other\/?(?=\/|$)/i, [], leafRouter);
  expect(below(baseUrl, [other, mount])).toBe(`${pattern}/leaf/:n`);
  expect(below('/other', [other, mount])).toBe('/other/leaf/:n');
  const slash = Object.assign(/^\/?(?=\/|$)/i, { fast_slash: true });
  expect(below(baseUrl, [new Express4Layer(slash, [], { stack: [mount] })])).toBe(`${pattern}/leaf/:n`);
});

test('a router that keeps no pattern has a constant, never the path', () => {
  const mount = { handle: leafRouter, path: '/tenants/acme', match: () => true };
  expect(below('/tenants/acme', [mount])).toBe('/*/leaf/:n');
  expect(below('', [{ ...mount, slash: true, path: '' }])).toBe('/leaf/:n');
  const again = { handle: leafRouter, path: '/x', match: () => false };
  expect(below('/tenants/acme', [again, mount])).toBe('/*/leaf/:n');
});
