import { existsSync } from 'node:fs';
import { hash } from 'node:crypto';
import { join } from 'node:path';
import { status as grpcStatus } from '@grpc/grpc-js';
import { audience, jwkOf, name as issuer, newKey, token } from '../../../cheer-kit/test/issuer';
import { callGrpc, cheerPath, healthPath, ingestPath } from '../helpers/grpc-caller';
import { eventually, Service, temporaryDirectory, temporaryFile, tidyUp } from '../helpers/service';

/*
 * Chapter 10. Who may do what: a producer sends, a reader looks, an operator replays and discards; probes need no
 * key. Beyond this machine nothing is served without keys and TLS.
 */
describe('10 roles', () => {
  afterEach(tidyUp);

  const apiKeys = (['producer', 'reader', 'operator'] as const).map((role) => ({
    name: `the-${role}`,
    sha256: hash('sha256', `key-of-${role}`, 'hex'),
    roles: role === 'operator' ? ['reader', 'operator'] : [role],
    tenant: role === 'producer' ? 'acme' : 'default',
  }));
  const as = (role: string): Record<string, string> => ({ authorization: `Bearer key-of-${role}` });
  const json = { 'content-type': 'application/json' };
  const event = { event_id: 'a', payload: 1 };

  it('lets only producers send over HTTP', async () => {
    const service = await Service.start({ auth: { apiKeys } });
    const send = async (headers: Record<string, string>): Promise<[number, string]> => {
      const { status, json: answer } = await service.send(event, { headers: { ...json, ...headers } });
      return [status, answer.code];
    };
    expect(await send({})).toEqual([401, 'unauthenticated']);
    expect(await send(as('nobody'))).toEqual([401, 'unauthenticated']);
    expect(await send(as('reader'))).toEqual([403, 'forbidden']);
    expect((await send(as('producer')))[0]).toBe(202);
    expect((await send({ 'x-api-key': 'key-of-producer' }))[0]).toBe(202);
    expect(await service.untilPublished(1)).toHaveLength(1);
  });

  it('and over gRPC', async () => {
    const service = await Service.start({ auth: { apiKeys } });
    const { grpc } = service.app.addresses;
    const sent = { event_id: 'a', payload: 'text' };
    const { UNAUTHENTICATED, PERMISSION_DENIED } = grpcStatus;
    await expect(callGrpc(grpc, ingestPath, sent)).rejects.toMatchObject({ code: UNAUTHENTICATED });
    await expect(callGrpc(grpc, ingestPath, sent, as('reader'))).rejects.toMatchObject({
      code: PERMISSION_DENIED,
    });
    await expect(callGrpc(grpc, cheerPath, {}, as('producer'))).rejects.toMatchObject({
      code: PERMISSION_DENIED,
    });
    expect(await callGrpc(grpc, ingestPath, sent, as('producer'))).toMatchObject({ event_id: 'a' });
    expect(await callGrpc(grpc, cheerPath, {}, as('reader'))).toHaveProperty('state');
    expect(await callGrpc(grpc, healthPath, {})).toMatchObject({ status: 'SERVING' });
    expect(await service.untilPublished(1)).toHaveLength(1);
  });

  it('takes tokens of an issuer on every port, and then nobody without', async () => {
    const key = newKey('k1');
    const jwksFile = temporaryFile('jwks.json', JSON.stringify({ keys: [jwkOf(key)] }));
    const service = await Service.start({ auth: { jwt: { issuer, audience, jwksFile } } });
    const bearer = async (...roles: string[]): Promise<Record<string, string>> => ({
      authorization: `Bearer ${await token(key, { roles, tenant: 'acme' })}`,
    });
    const send = async (headers: Record<string, string>): Promise<number> =>
      (await service.send(event, { headers: { ...json, ...headers } })).status;
    expect([await send({}), await send(await bearer('reader'))]).toEqual([401, 403]);
    expect(await send(await bearer('producer'))).toBe(202);
    const { grpc, admin } = service.app.addresses;
    const sent = { event_id: 'b', payload: 'text' };
    await expect(callGrpc(grpc, ingestPath, sent)).rejects.toMatchObject({
      code: grpcStatus.UNAUTHENTICATED,
    });
    expect(await callGrpc(grpc, ingestPath, sent, await bearer('producer'))).toMatchObject({ event_id: 'b' });
    const read = async (headers: Record<string, string>): Promise<number> =>
      (await fetch(`http://${admin}/metrics`, { headers })).status;
    expect([
      await read({}),
      await read(await bearer('producer')),
      await read(await bearer('reader')),
    ]).toEqual([401, 403, 200]);
    expect(await service.untilPublished(2)).toHaveLength(2);
  });

  it('lets readers look and operators act on the admin port, under their names', async () => {
    const schema = temporaryFile('never.json', 'false');
    const service = await Service.start({ auth: { apiKeys }, enrich: [{ step: 'schema', file: schema }] });
    await service.send(event, { headers: { ...json, ...as('producer') } });
    for (const path of ['/metrics', '/health', '/api/v1/summary', '/api/v1/cheer', '/api/v1/quarantine']) {
      expect([path, (await service.get(path)).status]).toEqual([path, 401]);
      expect([path, (await service.get(path, as('producer'))).status]).toEqual([path, 403]);
      expect([path, (await service.get(path, as('reader'))).status]).toEqual([path, 200]);
    }
    for (const path of ['/healthz', '/readyz']) expect((await service.get(path)).status).toBe(200);

    await eventually(async () => (await service.get('/api/v1/quarantine/1', as('reader'))).status === 200);
    expect((await service.get('/api/v1/quarantine/1', as('reader'))).json).toMatchObject({ tenant: 'acme' });
    expect((await service.act(1, 'discard')).status).toBe(401);
    expect((await service.act(1, 'discard', as('reader'))).status).toBe(403);
    expect((await service.act(1, 'discard', as('operator'))).status).toBe(200);
    expect(service.log.filter(({ audit }) => audit !== undefined)).toMatchObject([
      { audit: 'discard', actor: 'the-operator', number: 1 },
    ]);
    // No key is ever written down.
    expect(JSON.stringify(service.log)).not.toMatch(/key-of-/);
  });

  it('refuses to listen beyond this machine in the open, before it touches anything', async () => {
    const dataDir = join(temporaryDirectory(), 'data');
    for (const wide of [
      { http: '0.0.0.0:0' },
      { grpc: '[::]:0' },
      { admin: '0.0.0.0:0', auth: { apiKeys } },
    ]) {
      await expect(Service.start(wide, { dataDir })).rejects.toMatchObject({ code: 'usage' });
    }
    expect(existsSync(dataDir)).toBe(false);
  });
});
