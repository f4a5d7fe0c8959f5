import type { IEnvoyFilter } from '@kubernetes-models/istio/networking.istio.io/v1alpha3/EnvoyFilter';
import type { IGateway } from '@kubernetes-models/istio/networking.istio.io/v1beta1/Gateway';
import type { IRequestAuthentication } from '@kubernetes-models/istio/security.istio.io/v1/RequestAuthentication';
import { jwt, publicHost } from './exporter-config';
import type { AuthorizationPolicy } from './istio';
import { gateway } from './istio-routing';
import type { Custom } from './manifest';
import { metadata, selector } from './names';

export type Gateway = Custom<NonNullable<IGateway['spec']>>;
export type RequestAuthentication = Custom<NonNullable<IRequestAuthentication['spec']>>;
export type EnvoyFilter = Custom<NonNullable<IEnvoyFilter['spec']>>;

const own = (): { matchLabels: Record<string, string> } => ({ matchLabels: selector(gateway) });

export function gatewayRules(): readonly (
  Gateway | RequestAuthentication | AuthorizationPolicy | EnvoyFilter
)[] {
  return [entry(), tokens(), callers(), rateLimit()];
}

function entry(): Gateway {
  return {
    apiVersion: 'networking.istio.io/v1',
    kind: 'Gateway',
    metadata: metadata(gateway, 'gateway', gateway),
    spec: {
      selector: selector(gateway),
      servers: [
        {
          port: { number: 443, name: 'https', protocol: 'HTTPS' },
          hosts: [publicHost],
          tls: { mode: 'SIMPLE', credentialName: 'selfcheer-gateway-tls', minProtocolVersion: 'TLSV1_2' },
        },
        {
          port: { number: 80, name: 'http', protocol: 'HTTP' },
          hosts: [publicHost],
          tls: { httpsRedirect: true },
        },
      ],
    },
  };
}

/** A bad token ends here; a good one goes on, for the exporter takes role and tenant from it and checks it itself. */
function tokens(): RequestAuthentication {
  return {
    apiVersion: 'security.istio.io/v1',
    kind: 'RequestAuthentication',
    metadata: metadata(gateway, 'gateway', gateway),
    spec: {
      selector: own(),
      jwtRules: [
        { issuer: jwt.issuer, audiences: [jwt.audience], jwksUri: jwt.jwksUri, forwardOriginalToken: true },
      ],
    },
  };
}

/** From outside: events, with a good token or a key that the exporter judges. Never the admin port. */
function callers(): AuthorizationPolicy {
  const events = { methods: ['POST'], paths: ['/v1/events', '/selfcheer.v1.*'] };
  return {
    apiVersion: 'security.istio.io/v1',
    kind: 'AuthorizationPolicy',
    metadata: metadata(gateway, 'gateway', gateway),
    spec: {
      selector: own(),
      action: 'ALLOW',
      rules: [
        { from: [{ source: { requestPrincipals: [`${jwt.issuer}/*`] } }], to: [{ operation: events }] },
        { to: [{ operation: events }], when: [{ key: 'request.headers[x-api-key]', values: ['*'] }] },
        // A browser asks for leave without credentials.
        { to: [{ operation: { methods: ['OPTIONS'], paths: ['/v1/events'] } }] },
      ],
    },
  };
}

const perSecond = 2_000;

/**
 * What one pod of the gateway lets through, whoever sends it. Quotas by tenant are the exporter's, which knows them.
 * Source: Envoy, "Local rate limit".
 */
function rateLimit(): EnvoyFilter {
  const always = { numerator: 100, denominator: 'HUNDRED' };
  return {
    apiVersion: 'networking.istio.io/v1alpha3',
    kind: 'EnvoyFilter',
    metadata: metadata(`${gateway}-rate-limit`, 'gateway', gateway),
    spec: {
      workloadSelector: { labels: selector(gateway) },
      configPatches: [
        {
          applyTo: 'HTTP_FILTER',
          match: {
            context: 'GATEWAY',
            listener: {
              filterChain: {
                filter: {
                  name: 'envoy.filters.network.http_connection_manager',
                  subFilter: { name: 'envoy.filters.http.router' },
                },
              },
            },
          },
          patch: {
            operation: 'INSERT_BEFORE',
            value: {
              name: 'envoy.filters.http.local_ratelimit',
              typed_config: {
                '@type':
                  'type.googleapis.com/envoy.extensions.filters.http.local_ratelimit.v3.LocalRateLimit',
                stat_prefix: 'selfcheer_gateway',
                token_bucket: {
                  max_tokens: 2 * perSecond,
                  tokens_per_fill: perSecond / 10,
                  fill_interval: '0.1s',
                },
                filter_enabled: { default_value: always },
                filter_enforced: { default_value: always },
                status: { code: 'TooManyRequests' },
                rate_limited_as_resource_exhausted: true,
                response_headers_to_add: [
                  {
                    append_action: 'OVERWRITE_IF_EXISTS_OR_ADD',
                    header: { key: 'retry-after', value: '1' },
                  },
                ],
              },
            },
          },
        },
      ],
    },
  };
}
