import type { DeployFile } from './deploy-file';
import { gatewayPods } from './gateway-pods';
import { gatewayRules } from './gateway-rules';
import { toYaml } from './yaml';

export function gatewayFiles(): readonly DeployFile[] {
  return [
    {
      file: 'gateway/istio.yaml',
      text: toYaml(
        [...gatewayPods(), ...gatewayRules()],
        'The way in from outside: TLS, tokens, CORS (in the VirtualService of deploy/istio), a rate limit.\n' +
          'Needs the Secret selfcheer-gateway-tls with its certificate, and deploy/istio or deploy/argo/canary.yaml.',
      ),
    },
  ];
}
