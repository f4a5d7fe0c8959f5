import { HttpDownstream, status } from '../../../test/helpers/http-downstream';
import { lookupResolver, serverOf } from './resolvers';

const soon = (): AbortSignal => AbortSignal.timeout(5_000);

function resolverOf(url: string, discovery: 'static' | 'dns' | 'consul', agent = 'http://127.0.0.1:1') {
  const problems: string[] = [];
  const onProblem = (error: Error, message: string): number => problems.push(`${message}: ${error.message}`);
  const resolver = lookupResolver({ address: agent }, onProblem)(new URL(url), discovery);
  return { resolver, problems };
}

it.each([
  ['https://geo.test/v1', { address: 'geo.test', port: 443 }],
  ['http://geo.test', { address: 'geo.test', port: 80 }],
  ['http://[::1]:8080', { address: '::1', port: 8080 }],
])('%s is served by %j', (url, server) => expect(serverOf(new URL(url))).toEqual(server));

it.each([
  ['http://[::1]:8080', 'static', '[::1]:8080'],
  ['https://geo.test', 'static', 'geo.test:443'],
  ['https://127.0.0.1', 'dns', '127.0.0.1:443'],
  ['http://[::1]', 'dns', '[::1]:80'],
] as const)('%s, %s: %s', async (url, discovery, address) => {
  const { resolver } = resolverOf(url, discovery);
  expect(await resolver.pick(soon())).toBe(address);
  resolver.close();
});

it('tells once that Consul refuses, and of which service', async () => {
  const agent = await HttpDownstream.start();
  agent.answer = status(403);
  const { resolver, problems } = resolverOf('http://geo', 'consul', agent.url);
  await expect(resolver.pick(soon())).rejects.toThrow(/could not be asked for instances of geo: .*403/);
  await expect(resolver.pick(soon())).rejects.toThrow(/could not be asked/);
  resolver.close();
  await agent.stop();
  expect(problems).toHaveLength(1);
  expect(problems[0]).toMatch(/Consul.*geo.*403/);
});
