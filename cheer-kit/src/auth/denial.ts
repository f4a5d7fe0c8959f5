import type { Denial } from './authenticator';

const sentences: Readonly<Record<Denial, string>> = {
  missing: 'No credentials were sent: send Authorization: Bearer with an API key or a token, or X-API-Key.',
  invalid:
    'This API key is not known here, nor is it a token that is accepted: check it with whoever issued it.',
  expired: 'This token has expired: send a new one.',
  not_yet_valid: 'This token is not valid yet: send it later, or check the clocks.',
  wrong_issuer: 'This token comes from another issuer than is accepted here.',
  wrong_audience: 'This token is for another audience: ask the issuer for one that names this service.',
  unavailable:
    'Tokens can not be checked now, because the keys of their issuer are out of reach: send it again later.',
};

/** One sentence for whoever was denied: what is wrong, and what to do. */
export function explainDenial(denial: Denial): string {
  return sentences[denial];
}

/** Seconds after which to try again when credentials can't be checked: about as long as keys are not asked for again. */
export const denialRetrySeconds = 10;

/** The value of WWW-Authenticate for an answer of 401 (RFC 6750, section 3): an error only when something was sent. */
export function challengeOf(denial: Denial): string {
  const realm = 'Bearer realm="selfcheer"';
  return denial === 'missing'
    ? realm
    : `${realm}, error="invalid_token", error_description="${sentences[denial]}"`;
}
