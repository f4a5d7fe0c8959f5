import { at, list, nameOf, ofKind, text, type Doc, type Tree } from './tree';

/** The exporter's settings that something in front of it repeats. */
export interface EdgeSettings {
  readonly jwt: { readonly issuer: string; readonly audience: string; readonly jwksUri: string };
  readonly cors: readonly string[];
}

/** A gateway that takes other tokens or pages than the exporter refuses good ones, or is of no use. */
export function sameSettings(objects: readonly Doc[], settings: EdgeSettings): readonly string[] {
  return [
    ...ofKind(objects, 'RequestAuthentication').flatMap((object) =>
      list(object, 'spec', 'jwtRules').flatMap((rule) =>
        tokens(rule, settings).map((problem) => `${nameOf(object)}: ${problem}`),
      ),
    ),
    ...ofKind(objects, 'VirtualService').flatMap((object) =>
      list(object, 'spec', 'http')
        .map((route) => at(route, 'corsPolicy'))
        .filter((policy) => policy !== undefined)
        .flatMap((policy) => pages(policy, settings).map((problem) => `${nameOf(object)}: ${problem}`)),
    ),
    ...ofKind(objects, 'AuthorizationPolicy').flatMap((object) => issuers(object, settings)),
  ];
}

function tokens(rule: Tree, { jwt }: EdgeSettings): string[] {
  const problems: string[] = [];
  if (at(rule, 'issuer') !== jwt.issuer)
    problems.push(`issuer is ${text(rule, 'issuer')}, not ${jwt.issuer}`);
  if (text(rule, 'audiences') !== JSON.stringify([jwt.audience])) {
    problems.push(`audiences are ${text(rule, 'audiences') || 'any'}, not ${jwt.audience}`);
  }
  if (at(rule, 'jwksUri') !== jwt.jwksUri)
    problems.push(`jwksUri is ${text(rule, 'jwksUri')}, not ${jwt.jwksUri}`);
  if (at(rule, 'forwardOriginalToken') !== true) problems.push('keeps the token, which the exporter needs');
  return problems;
}

function pages(policy: Tree, { cors }: EdgeSettings): string[] {
  const allowed = list(policy, 'allowOrigins');
  const exact = allowed.map((origin) => text(origin, 'exact'));
  const problems: string[] = [];
  if (exact.join() !== cors.join())
    problems.push(`CORS allows ${text(policy, 'allowOrigins')}, not ${cors.join(', ')}`);
  if (at(policy, 'allowCredentials') === true)
    problems.push('CORS allows cookies, which nothing here asks for');
  return problems;
}

function issuers(object: Doc, { jwt }: EdgeSettings): string[] {
  return list(object, 'spec', 'rules')
    .flatMap((rule) => list(rule, 'from'))
    .flatMap((from) => list(from, 'source', 'requestPrincipals'))
    .map((principal) => text(principal))
    .filter((principal) => principal !== `${jwt.issuer}/*`)
    .map((principal) => `${nameOf(object)}: ${principal} is no subject of ${jwt.issuer}`);
}
