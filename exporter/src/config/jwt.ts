import { isLoopbackHost, jwtAlgorithms } from '@selfcheer/cheer-kit';
import { z } from 'zod';

/** Longest difference of clocks that is let pass, in seconds; more would make short-lived tokens long-lived. */
const longestTolerance = 300;

/** Tokens of one issuer. Which of the two places its keys are in is left to whoever runs it; there is exactly one. */
export const jwt = z
  .strictObject({
    issuer: z
      .string()
      .min(1)
      .describe('What `iss` of every token must be. Set it, and `audience`, to accept tokens'),
    audience: z
      .string()
      .min(1)
      .describe('What `aud` must be, or hold: the name of this service at the issuer'),
    jwksUri: z
      .url({
        protocol: /^https?$/,
        error: 'is not a URL, for example https://id.example/jwks.json',
        abort: true,
      })
      .refine((text) => {
        const { username, password } = new URL(text);
        return username === '' && password === '';
      }, 'holds credentials, which nobody would mask: public keys need none')
      .optional()
      .describe('Where the public keys of the issuer are (JWKS); followed when they change'),
    jwksFile: z
      .string()
      .min(1)
      .optional()
      .describe('The same in a file, instead of `jwksUri`')
      .meta({ file: true }),
    algorithms: z
      .array(z.enum(jwtAlgorithms))
      .min(1)
      .default(['RS256', 'ES256'])
      .describe('Signatures that are accepted; never none and never a symmetric one'),
    rolesClaim: z
      .string()
      .min(1)
      .default('roles')
      .describe('Claim with the roles, a list or a text with spaces; dots lead into objects'),
    tenantClaim: z
      .string()
      .min(1)
      .default('tenant')
      .describe('Claim with the tenant; tokens without it are of the tenant default'),
    clockToleranceSeconds: z
      .number()
      .min(0)
      .max(longestTolerance)
      .default(30)
      .describe('How far the clocks of issuer and exporter may differ'),
  })
  .superRefine(({ jwksUri, jwksFile }, context) => {
    if ((jwksUri === undefined) !== (jwksFile === undefined)) return;
    const message = 'needs either jwksUri or jwksFile: where the public keys of the issuer are';
    context.addIssue({ code: 'custom', path: [], message });
  });

/** Why these keys could be anybody's: whoever can change them on their way can make tokens. */
export function jwksUriProblem(config: {
  readonly auth: { readonly jwt?: { readonly jwksUri?: string | undefined } | undefined };
  readonly tls: 'off' | 'mesh';
  readonly insecure: boolean;
}): string | undefined {
  const { auth, tls, insecure } = config;
  const uri = auth.jwt?.jwksUri;
  if (uri === undefined || !URL.canParse(uri) || tls === 'mesh' || insecure) return undefined;
  const { protocol, hostname } = new URL(uri);
  if (protocol === 'https:' || isLoopbackHost(hostname)) return undefined;
  return 'is not https: keys that change on their way let anybody in; only tls: mesh or insecure: true allow it';
}
