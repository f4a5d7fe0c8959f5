import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { SignJWT, type JWK, type JWTHeaderParameters, type JWTPayload } from 'jose';
import { JwtVerifier, type JwtOptions } from '../src';

export interface IssuerKey {
  readonly kid: string;
  readonly alg: 'ES256' | 'RS256';
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
}

export function newKey(kid: string, alg: IssuerKey['alg'] = 'ES256', modulusLength = 2048): IssuerKey {
  const pair =
    alg === 'ES256'
      ? generateKeyPairSync('ec', { namedCurve: 'P-256' })
      : generateKeyPairSync('rsa', { modulusLength });
  return { kid, alg, ...pair };
}

export function jwkOf({ kid, alg, publicKey }: IssuerKey): JWK {
  return { ...(publicKey.export({ format: 'jwk' }) as JWK), kid, alg, use: 'sig' };
}

export const name = 'https://id.example';
export const audience = 'selfcheer';

/** Epoch seconds. */
export const inSeconds = (seconds: number): number => Math.floor(Date.now() / 1000) + seconds;

/** What a token claims, and what it leaves out on purpose. */
export type Claims = { readonly [claim: string]: unknown };

/** A token of this issuer, good for five minutes, except for what is said; a claim that is undefined is left out. */
export function token(
  key: IssuerKey,
  claims: Claims = {},
  header: Partial<JWTHeaderParameters> = {},
): Promise<string> {
  const all: JWTPayload = {
    iss: name,
    aud: audience,
    sub: 'web',
    roles: ['producer'],
    exp: inSeconds(300),
    ...claims,
  };
  return new SignJWT(all)
    .setProtectedHeader({ alg: key.alg, kid: key.kid, ...header })
    .sign(key.privateKey, { crit: { b64: true } });
}

/** An issuer of tokens with its keys on a free port of loopback. It may be told to answer otherwise, or not at all. */
export class Issuer {
  keys: JWK[] = [];
  /** How often its keys were asked for. */
  asked = 0;
  answer: RequestListener = (_request, response) => response.end(JSON.stringify({ keys: this.keys }));
  private server: Server | undefined;

  static async start(...keys: IssuerKey[]): Promise<Issuer> {
    const issuer = new Issuer();
    issuer.keys = keys.map(jwkOf);
    await issuer.listen(0);
    return issuer;
  }

  private port = 0;

  get uri(): string {
    return `http://127.0.0.1:${this.port}/jwks.json`;
  }

  async listen(port = this.port): Promise<void> {
    const server = createServer((request, response) => {
      this.asked++;
      request.on('error', () => undefined);
      response.on('error', () => undefined);
      this.answer(request, response);
    });
    server.on('clientError', (_error, socket) => socket.destroy());
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject).listen(port, '127.0.0.1', resolve);
    });
    this.port = (server.address() as AddressInfo).port;
    this.server = server;
  }

  /** Nobody listens at its address any more. */
  async close(): Promise<void> {
    const { server } = this;
    this.server = undefined;
    server?.closeAllConnections();
    if (server) await new Promise((resolve) => server.close(resolve));
  }

  verifier(more: Partial<JwtOptions> = {}): Promise<JwtVerifier> {
    const patient = { timeoutSeconds: 30, onProblem: () => undefined };
    const options = { issuer: name, audience, keys: { uri: this.uri }, ...patient };
    return JwtVerifier.open({ ...options, ...more });
  }
}
