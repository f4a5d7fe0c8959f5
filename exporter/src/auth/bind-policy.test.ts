import { configSchema, type Config } from '../config/schema';
import { UsageError } from '../errors';
import { checkBindPolicy } from './bind-policy';

const apiKeys = [{ name: 'web', sha256: 'a'.repeat(64), roles: ['producer' as const] }];
const jwt = { issuer: 'https://id.example', audience: 'selfcheer', jwksUri: 'https://id.example/jwks' };
const config = (more: object): Config => configSchema.parse(more);

describe('checkBindPolicy', () => {
  test.each([
    {},
    { http: '[::1]:8080', admin: 'localhost:0' },
    { http: '0.0.0.0:8080', insecure: true },
    { http: '0.0.0.0:8080', tls: 'mesh', auth: { apiKeys } },
    { http: '0.0.0.0:8080', tls: 'mesh', auth: { jwt } },
  ])('allows %j', (more) => {
    expect(() => checkBindPolicy(config(more))).not.toThrow();
  });

  test.each([
    [{ http: '0.0.0.0:8080' }, /http 0\.0\.0\.0:8080.*TLS.*and authentication.*insecure: true/],
    [{ grpc: '[::]:50051', tls: 'mesh' }, /grpc \[::\]:50051.*without authentication/],
    [{ admin: 'example.com:9464', auth: { apiKeys } }, /admin example\.com:9464.*without TLS \(/],
    [{ admin: '0.0.0.0:9464', auth: { jwt } }, /admin 0\.0\.0\.0:9464.*without TLS \(/],
    [{ http: '10.0.0.1:1', admin: '10.0.0.1:2' }, /http 10\.0\.0\.1:1, admin 10\.0\.0\.1:2/],
  ])('refuses %j', (more, message) => {
    const check = (): void => checkBindPolicy(config(more));
    expect(check).toThrow(UsageError);
    expect(check).toThrow(message);
  });
});
