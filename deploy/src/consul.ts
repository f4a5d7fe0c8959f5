import type { DeployFile } from './deploy-file';
import { app, ports } from './names';

/** The definition for an agent beside the exporter: for who does not let it register itself (`consul.register`). */
export interface ConsulService {
  readonly service: {
    readonly id: string;
    readonly name: string;
    readonly port: number;
    readonly tags: readonly string[];
    readonly meta: Readonly<Record<string, string>>;
    readonly checks: readonly {
      readonly id: string;
      readonly name: string;
      readonly http: string;
      readonly method: 'GET';
      readonly interval: string;
      readonly timeout: string;
      readonly deregister_critical_service_after: string;
    }[];
  };
}

export function consulService(): ConsulService {
  return {
    service: {
      id: app,
      name: app,
      port: ports.http,
      tags: ['http'],
      meta: { grpc_port: String(ports.grpc), admin_port: String(ports.admin) },
      checks: [
        {
          id: `${app}-ready`,
          name: 'ready',
          http: `http://127.0.0.1:${ports.admin}/readyz`,
          method: 'GET',
          interval: '5s',
          timeout: '2s',
          // The shortest that Consul takes.
          deregister_critical_service_after: '60s',
        },
      ],
    },
  };
}

export function consulFiles(): readonly DeployFile[] {
  return [{ file: `consul/${app}.json`, text: `${JSON.stringify(consulService(), null, 2)}\n` }];
}
