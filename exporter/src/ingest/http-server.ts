import {
  createServer,
  STATUS_CODES,
  type RequestListener,
  type Server,
  type ServerResponse,
} from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Limits } from '../config/schema';
import { problemBody, problemInfo, type RequestCode } from './problem';

/** Longer than most balancers keep an idle connection, so that it is they who close it. */
const keepAliveMs = 65_000;
/** Headers that are not there by then are an attack or a dead line. */
const headersMs = 10_000;
/** A connection that is one too many has as long to send what it is then answered to. */
const crowdedMs = 2_000;
/** Beyond the limit so many more are answered, and all others are closed at once. */
const crowd = 256;
/** The handler's own deadline answers better than the server's, so it must come first. */
const graceMs = 5_000;

/** The handler of ingest, as the server needs it. */
export interface ServedHandler {
  readonly handle: RequestListener;
  readonly handleExpect: RequestListener;
  /** Answers on a connection that is one too many. */
  readonly handleCrowded: RequestListener;
}

/**
 * An HTTP server with the limits that only it can hold: header bytes, the time for headers, and an answer in our form
 * to what is not HTTP at all. It does not listen yet.
 */
export function createHttpServer(
  handler: ServedHandler,
  limits: Pick<Limits, 'connections' | 'headerBytes' | 'requestSeconds'>,
): Server {
  const requestMs = limits.requestSeconds * 1000;
  const answering = new WeakMap<Duplex, ServerResponse>();
  const server = createServer({
    maxHeaderSize: limits.headerBytes,
    headersTimeout: Math.min(requestMs, headersMs),
    requestTimeout: requestMs + graceMs,
    keepAliveTimeout: keepAliveMs,
    connectionsCheckingInterval: Math.min(requestMs, 5_000),
  });
  // Who shuts down only its sending side, as `nc -N` does, still wants its answer; the connection ends after it.
  Object.assign(server, { httpAllowHalfOpen: true });
  const crowded = limitConnections(server, limits.connections);
  const track =
    (next: RequestListener): RequestListener =>
    (request, response) => {
      answering.set(request.socket, response);
      if (crowded.has(request.socket)) handler.handleCrowded(request, response);
      else next(request, response);
    };
  server.on('request', track(handler.handle));
  server.on('checkContinue', track(handler.handleExpect));
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    const response = answering.get(socket);
    const midAnswer = response !== undefined && response.headersSent && !response.writableFinished;
    if (midAnswer || !socket.writable || error.code === 'ECONNRESET') socket.destroy();
    else socket.end(rawProblem(error.code, limits));
  });
  return server;
}

/** The connections beyond the limit. They are answered, where closing them would tell nothing, but not for long. */
function limitConnections(server: Server, limit: number): WeakSet<Duplex> {
  const crowded = new WeakSet<Duplex>();
  let open = 0;
  server.maxConnections = limit + crowd;
  server.on('connection', (socket: Socket) => {
    socket.once('close', () => open--);
    if (++open <= limit) return;
    crowded.add(socket);
    const timer = setTimeout(() => socket.destroy(), crowdedMs);
    socket.once('close', () => clearTimeout(timer));
  });
  return crowded;
}

function rawProblem(
  reason: string | undefined,
  limits: Pick<Limits, 'headerBytes' | 'requestSeconds'>,
): string {
  let code: RequestCode = 'bad_request';
  let detail = 'The bytes on this connection are not an HTTP/1.1 request';
  if (reason === 'HPE_HEADER_OVERFLOW') {
    code = 'headers_too_large';
    detail = `The headers have more than ${limits.headerBytes} bytes`;
  } else if (reason === 'ERR_HTTP_REQUEST_TIMEOUT') {
    code = 'request_timeout';
    detail = `The request did not arrive whole within ${limits.requestSeconds} s`;
  }
  const { status } = problemInfo(code);
  const body = JSON.stringify(problemBody(code, detail));
  return [
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
    'Content-Type: application/problem+json',
    `Content-Length: ${Buffer.byteLength(body)}`,
    'Connection: close',
    '',
    body,
  ].join('\r\n');
}
