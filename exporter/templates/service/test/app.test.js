import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { createLogger } from '@selfcheer/cheer-kit';
import { createApp } from '../src/app.js';
import { createOwnService } from '../src/service.js';

let service;
let addresses;

before(async () => {
  const logger = createLogger({ service: 'SERVICE-NAME', level: 'silent', destination: { write() {} } });
  // Port 0 is a free one, so that the tests run beside the service.
  service = createOwnService({ logger, admin: { address: '127.0.0.1:0' }, handleSignals: false });
  addresses = await service.listen(createApp(service), '127.0.0.1:0');
});

after(() => service.drain('the tests are over'));

const get = (path) => fetch(`http://${addresses.http}${path}`);
const getAdmin = (path) => fetch(`http://${addresses.admin}${path}`);

test('an item is answered', async () => {
  const response = await get('/items/7');
  assert.equal(response.status, 200);
  assert.deepEqual(await response.json(), { id: 7, name: 'chair' });
});

test('an item that is not there is a problem of the caller, told as one', async () => {
  const response = await get('/items/none');
  assert.equal(response.status, 404);
  assert.match(response.headers.get('content-type'), /^application\/problem\+json/);
  assert.match((await response.json()).detail, /no item none/);
});

test('it is ready', async () => {
  const response = await getAdmin('/readyz');
  assert.equal(response.status, 200, await response.text());
});

test('requests are counted by the pattern of their route, never by its path', async () => {
  await get('/items/42');
  const metrics = await (await getAdmin('/metrics')).text();
  assert.match(metrics, /^http_requests_total\{method="GET",route="\/items\/:id",status_code="200"\} \d/m);
  assert.match(metrics, /^items_read_total\{result="found"\} \d/m);
  assert.doesNotMatch(metrics, /items\/42/);
});

test('it cheers', async () => {
  await get('/items/7');
  let cheer;
  // It is warming for its first seconds.
  for (let tries = 0; tries < 100; tries += 1) {
    cheer = await (await getAdmin('/api/v1/cheer')).json();
    if (cheer.state === 'green') return;
    await sleep(100);
  }
  assert.fail(`it is ${cheer.state}: ${JSON.stringify(cheer.reasons)}`);
});
