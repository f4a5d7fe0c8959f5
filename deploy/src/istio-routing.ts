import type { IDestinationRule } from '@kubernetes-models/istio/networking.istio.io/v1beta1/DestinationRule';
import type { IVirtualService } from '@kubernetes-models/istio/networking.istio.io/v1beta1/VirtualService';
import { corsOrigins, publicHost } from './exporter-config';
import type { Custom } from './manifest';
import { app, metadata, ports, services } from './names';

export type VirtualService = Custom<NonNullable<IVirtualService['spec']>>;
export type DestinationRule = Custom<NonNullable<IDestinationRule['spec']>>;

type Route = NonNullable<VirtualService['spec']['http']>[number];

/** The routes whose weights a rollout changes. */
export const routes = ['http', 'grpc'] as const;
export const gateway = 'selfcheer-gateway';

/** What a browser may send and read. */
export const cors = {
  methods: ['POST', 'OPTIONS'],
  headers: [
    'authorization',
    'content-type',
    'x-api-key',
    'x-request-id',
    'traceparent',
    'tracestate',
    'baggage',
  ],
  exposed: ['retry-after', 'ratelimit', 'x-request-id'],
} as const;

function split(port: number, stableWeight: number): NonNullable<Route['route']> {
  const to = (host: string, weight: number): NonNullable<Route['route']>[number] => ({
    destination: { host, port: { number: port } },
    weight,
  });
  return [to(services.stable, stableWeight), to(services.canary, 100 - stableWeight)];
}

/**
 * A pod that could not be reached has not seen the request. Istio's default also repeats what was refused with 503:
 * that would be more load for who has too much, and Retry-After says when to come again.
 */
const retries = { attempts: 2, retryOn: 'connect-failure,refused-stream' };

/** Where events go, from inside the mesh and from its gateway: one object, so that a rollout moves both. */
export function virtualService(stableWeight: number): VirtualService {
  const gateways = [gateway];
  return {
    apiVersion: 'networking.istio.io/v1',
    kind: 'VirtualService',
    metadata: metadata(app, 'routing'),
    spec: {
      hosts: [app, publicHost],
      gateways: ['mesh', gateway],
      http: [
        {
          name: 'grpc',
          match: [
            { port: ports.grpc },
            { gateways, headers: { 'content-type': { prefix: 'application/grpc' } } },
          ],
          // Streams have no end; deadlines are the caller's.
          timeout: '0s',
          retries,
          route: split(ports.grpc, stableWeight),
        },
        {
          name: 'http',
          match: [{ port: ports.http }, { gateways, uri: { exact: '/v1/events' } }],
          // Longer than ingest.limits.requestSeconds: the exporter says by itself what took too long.
          timeout: '90s',
          retries,
          corsPolicy: {
            allowOrigins: corsOrigins.map((exact) => ({ exact })),
            allowMethods: [...cors.methods],
            allowHeaders: [...cors.headers],
            exposeHeaders: [...cors.exposed],
            allowCredentials: false,
            maxAge: '600s',
          },
          route: split(ports.http, stableWeight),
        },
        {
          // Without it, the admin port of this host would be 404 inside the mesh. It is never split.
          name: 'admin',
          match: [{ gateways: ['mesh'], port: ports.admin }],
          route: [{ destination: { host: services.stable, port: { number: ports.admin } } }],
        },
      ],
    },
  };
}

/** For each Service: mutual TLS, and pods that can't be reached are left out for a while. */
export function destinationRule(host: string): DestinationRule {
  return {
    apiVersion: 'networking.istio.io/v1',
    kind: 'DestinationRule',
    metadata: metadata(host, 'routing'),
    spec: {
      host,
      trafficPolicy: {
        tls: { mode: 'ISTIO_MUTUAL' },
        loadBalancer: { simple: 'LEAST_REQUEST' },
        connectionPool: {
          tcp: { connectTimeout: '2s', maxConnections: 4096 },
          http: { http2MaxRequests: 4096, maxRequestsPerConnection: 0 },
        },
        outlierDetection: {
          // A 503 here is a refusal that means "later", not a broken pod: only who can't be reached is left out.
          splitExternalLocalOriginErrors: true,
          consecutiveLocalOriginFailures: 5,
          consecutive5xxErrors: 0,
          consecutiveGatewayErrors: 0,
          interval: '5s',
          baseEjectionTime: '30s',
          maxEjectionPercent: 50,
        },
      },
    },
  };
}
