/**
 * One process of load for overload.ts: raw sockets and requests made in advance, because the one that measures must cost
 * far less than what it measures. Reads one JSON line of `LoadOrder` from standard input, and writes `LoadCounts`, one a
 * line, every 250 ms until the time is over.
 */
import { writeFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { createInterface } from 'node:readline';

export interface LoadOrder {
  readonly host: string;
  readonly port: number;
  readonly run: string;
  readonly connections: number;
  readonly eventsPerRequest: number;
  readonly seconds: number;
  /** Requests a second that fall due whatever the answers do; absent: each connection sends as soon as it is answered. */
  readonly rate?: number;
  /** File for the ids of all events that were acknowledged, one a line; it is written at the end. */
  readonly ledger?: string;
}

/** Since the line before. */
export interface LoadCounts {
  /** Requests that fell due; with `rate` only. */
  readonly due: number;
  readonly sent: number;
  readonly accepted: number;
  readonly refused: number;
  readonly failed: number;
  /** Milliseconds from sending to the answer of accepted requests: the median, and the slowest in ten and in a hundred. */
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
}

const everyMs = 250;
const idDigits = 12;

class Caller {
  busy = false;
  sentAt = 0;
  /** Number of the first event of its request. */
  first = 0;
  private socket: Socket | undefined;
  private pending: Buffer = Buffer.alloc(0);

  constructor(
    private readonly order: LoadOrder,
    private readonly answered: (caller: Caller, status: number) => void,
  ) {
    this.open();
  }

  send(request: Buffer): void {
    this.busy = true;
    this.sentAt = performance.now();
    this.socket!.write(request);
  }

  end(): void {
    this.socket!.removeAllListeners('close').destroy();
  }

  private open(): void {
    this.pending = Buffer.alloc(0);
    const socket = (this.socket = connect(this.order.port, this.order.host));
    socket.setNoDelay(true);
    socket.on('error', () => undefined);
    socket.on('data', (chunk) => this.read(chunk));
    socket.on('close', () => {
      this.open();
      if (this.busy) this.done(0);
    });
  }

  private read(chunk: Buffer): void {
    const bytes = this.pending.length > 0 ? Buffer.concat([this.pending, chunk]) : chunk;
    const head = bytes.indexOf('\r\n\r\n');
    const text = head < 0 ? '' : bytes.toString('latin1', 0, head).toLowerCase();
    const at = text.indexOf('content-length: ');
    const length = Number.parseInt(text.slice(at + 16), 10);
    if (head < 0 || bytes.length < head + 4 + length) {
      this.pending = bytes;
      return;
    }
    this.pending = Buffer.alloc(0);
    this.done(Number(text.slice(9, 12)));
  }

  private done(status: number): void {
    this.busy = false;
    this.answered(this, status);
  }
}

function drive(order: LoadOrder): void {
  const { eventsPerRequest, connections, rate, run, ledger } = order;
  const acknowledged: number[] = [];
  let sequence = 0;
  const line = (): string =>
    `{"event_id":"${run}-${'0'.repeat(idDigits)}","payload":{"delay":14,"distance":405,"time":8.583,"text":"${'x'.repeat(120)}"}}\n`;
  const lineBytes = line().length;
  const body = line().repeat(eventsPerRequest);
  const head = `POST /v1/events HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-ndjson\r\nPrefer: return=minimal\r\nContent-Length: ${body.length}\r\n\r\n`;
  const template = Buffer.from(head + body);
  const idAt = head.length + line().indexOf('0'.repeat(idDigits));
  /** A buffer of its own for each request: a socket may keep it for a while. */
  const next = (): Buffer => {
    const request = Buffer.from(template);
    for (let i = 0; i < eventsPerRequest; i++) {
      request.write(String(sequence++).padStart(idDigits, '0'), idAt + i * lineBytes, 'latin1');
    }
    return request;
  };

  let counts = { due: 0, sent: 0, accepted: 0, refused: 0, failed: 0 };
  let taken: number[] = [];
  const idle: Caller[] = [];
  const send = (caller: Caller): void => {
    counts.sent++;
    caller.first = sequence;
    caller.send(next());
  };
  const callers = Array.from(
    { length: connections },
    () =>
      new Caller(order, (caller, status) => {
        if (status === 202) {
          counts.accepted++;
          if (ledger !== undefined) acknowledged.push(caller.first);
          taken.push(performance.now() - caller.sentAt);
        } else if (status === 503 || status === 429) counts.refused++;
        else counts.failed++;
        if (rate === undefined) send(caller);
        else idle.push(caller);
      }),
  );
  if (rate === undefined) callers.forEach(send);
  else idle.push(...callers);

  const startedAt = performance.now();
  let due = 0;
  const pump = setInterval(() => {
    if (rate === undefined) return;
    const now = Math.floor(((performance.now() - startedAt) / 1000) * rate);
    const more = now - due;
    due = now;
    counts.due += more;
    for (let i = 0; i < more && idle.length > 0; i++) send(idle.shift()!);
  }, 5);
  const report = setInterval(() => {
    taken.sort((a, b) => a - b);
    const of = (share: number): number => taken[Math.ceil(taken.length * share) - 1] ?? 0;
    const line: LoadCounts = { ...counts, p50: of(0.5), p90: of(0.9), p99: of(0.99) };
    process.stdout.write(`${JSON.stringify(line)}\n`);
    counts = { due: 0, sent: 0, accepted: 0, refused: 0, failed: 0 };
    taken = [];
  }, everyMs);
  setTimeout(() => {
    clearInterval(pump);
    clearInterval(report);
    for (const caller of callers) caller.end();
    if (ledger === undefined) return;
    const idsOf = (first: number): string =>
      Array.from(
        { length: eventsPerRequest },
        (_, i) => `${run}-${String(first + i).padStart(idDigits, '0')}\n`,
      ).join('');
    writeFileSync(ledger, acknowledged.map(idsOf).join(''));
  }, order.seconds * 1000);
}

createInterface({ input: process.stdin }).once('line', (text) => {
  process.stdin.destroy();
  drive(JSON.parse(text) as LoadOrder);
});
