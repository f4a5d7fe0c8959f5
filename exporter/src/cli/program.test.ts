import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer as createHttp2Server } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { eventually } from '../../../cheer-kit/test/wait';
import { collect, runIn, type Given, type Outcome } from '../../test/helpers/cli';
import { FakeIngest } from '../../test/helpers/fake-ingest';
import { StoreError } from '../errors';
import { encodeLine } from '../publish/log-line';
import { segmentPath, topicDirectory } from '../publish/log-segments';

let cwd: string;
beforeEach(() => {
  cwd = mkdtempSync(join(tmpdir(), 'selfcheer-cli-'));
});
afterEach(() => rmSync(cwd, { recursive: true, force: true }));

const cli = (argv: readonly string[], given?: Given): Promise<Outcome> => runIn(cwd, argv, given);

describe('the command line', () => {
  test.each([
    [[], ['send', 'start', 'tail', 'quarantine', 'store', 'config']],
    [['start'], ['Examples:']],
    [['send'], ['Examples:', '--id-field', '--checkpoint']],
    [['tail'], ['Examples:', '--follow']],
    [['quarantine'], ['list', 'show', 'replay', 'discard']],
    [
      ['quarantine', 'replay'],
      ['Examples:', '--admin'],
    ],
    [
      ['store', 'check'],
      ['Examples:', '--data-dir'],
    ],
    [
      ['config', 'check'],
      ['Examples:', '--json'],
    ],
  ])('%s --help', async (command, words) => {
    const { code, out, err } = await cli([...command, '--help']);
    expect([code, err]).toEqual([0, '']);
    for (const word of words) expect(out).toContain(word);
  });

  test('--version', async () => {
    expect(await cli(['--version'])).toMatchObject({
      code: 0,
      out: expect.stringMatching(/^\d+\.\d+\.\d+\n$/) as string,
    });
  });

  test.each([
    [['snd'], 'Did you mean send?'],
    [['quarantine', 'lst'], 'Did you mean list?'],
    [['send'], "missing required argument 'file'"],
    [['send', 'x.csv', '--batsh', '5'], 'Did you mean --batch?'],
    [['send', 'x.csv', '--batch', '0'], 'whole number above 0'],
    [['send', 'x.csv', '--rate', 'fast'], 'events a second'],
    [['send', 'x.csv', '--retry-for', 'ever'], 'a time, for example 60s'],
    [['send', 'x.csv'], "Can't read x.csv"],
    [['quarantine', 'show', 'x'], 'whole number above 0'],
    [['quarantine', 'replay'], 'Name event numbers, or --all.'],
    [['start', '--config', 'none.yaml'], "Can't read the configuration file"],
  ])('%s is wrong usage', async (argv, message) => {
    const { code, err } = await cli(argv);
    expect(err).toContain(message);
    expect(code).toBe(2);
  });
});

describe('start', () => {
  const addresses = { http: '127.0.0.1:1', grpc: '127.0.0.1:2', admin: '127.0.0.1:3' };

  test('says where it is in one line of JSON and drains on the signal', async () => {
    const stop = new AbortController();
    const reasons: string[] = [];
    const outcome = await cli(['start'], {
      env: { SELFCHEER_SERVICE: 'x', KAFKA_BROKER: 'oops' },
      signal: stop.signal,
      startApp: (config) => {
        expect(config.service).toBe('x');
        setImmediate(() => stop.abort('SIGTERM'));
        return Promise.resolve({
          addresses,
          sink: 'log',
          drain: (reason) => Promise.resolve(void reasons.push(reason)),
        });
      },
    });
    expect(outcome).toEqual({
      code: 0,
      out: `${JSON.stringify({ msg: 'ready', ...addresses, sink: 'log' })}\n`,
      err: 'selfcheer: warning: KAFKA_BROKER is not used; did you mean KAFKA_BROKERS?\n',
    });
    expect(reasons).toEqual(['SIGTERM']);
  });

  test('a bug ends it with 1 and shows where', async () => {
    const { code, err } = await cli(['start'], { startApp: () => Promise.reject(new TypeError('a bug')) });
    expect(code).toBe(1);
    expect(err).toMatch(/TypeError: a bug\n\s+at /);
  });
});

describe('config', () => {
  test('check shows values, where they came from, and no secret', async () => {
    writeFileSync(
      join(cwd, 'selfcheer.yaml'),
      'service: quakes\nkafka: {sasl: {mechanism: plain, username: u, password: hunter2}}\n',
    );
    const env = { SELFCHEER_HTTP: '127.0.0.1:7' };
    const human = await cli(['config', 'check'], { env });
    expect(human.code).toBe(0);
    expect(human.out).toMatch(/service\s+"quakes"\s+selfcheer\.yaml:1\n/);
    expect(human.out).toMatch(/http\s+"127\.0\.0\.1:7"\s+SELFCHEER_HTTP\n/);
    const json = JSON.parse((await cli(['config', 'check', '--json'], { env })).out) as {
      config: { kafka: unknown };
      sources: Record<string, string>;
    };
    expect(json.config.kafka).toMatchObject({ sasl: { username: 'u', password: '(secret)' } });
    expect(json.sources['grpc']).toBe('default');
    expect(human.out).not.toContain('hunter2');
  });

  test('check refuses what start would refuse to listen on', async () => {
    const { code, out, err } = await cli(['config', 'check'], { env: { SELFCHEER_HTTP: '0.0.0.0:8080' } });
    expect([code, out]).toEqual([2, '']);
    expect(err).toContain('Refusing to listen beyond this machine');
  });

  test('check exits with 2 and the list of problems', async () => {
    const { code, err } = await cli(['config', 'check'], { env: { SELFCHEER_ACK: 'x' } });
    expect(code).toBe(2);
    expect(err).toContain('ack: "x" must be one of outbox, broker (SELFCHEER_ACK)');
  });
});

describe('send', () => {
  let ingest: FakeIngest;
  let url: string;
  beforeEach(async () => {
    ingest = new FakeIngest();
    url = await ingest.start();
  });
  afterEach(() => ingest.stop());

  test('ends with a summary and 0', async () => {
    writeFileSync(join(cwd, 'a.csv'), 'id,mag\nq1,2.0\nq2,3.1\n');
    const path = join(cwd, 'a.csv');
    const { code, out } = await cli(['send', path, '--url', url, '--id-field', 'id', '-q'], {
      env: { SELFCHEER_API_KEY: 'k' },
    });
    expect([code, out]).toEqual([
      0,
      expect.stringMatching(/^Sent 2 events in .* 2 accepted, 0 duplicates, 0 rejected\.\n$/),
    ]);
    expect(ingest.accepted.map(({ payload }) => payload)).toEqual(
      expect.arrayContaining([{ id: 'q1', mag: '2.0' }]),
    );
    expect(ingest.requests[0]?.headers.authorization).toBe('Bearer k');
  });

  test.each([
    [['--checkpoint', 'none/progress'], /Can't write the checkpoint none.progress/],
    [['--rejects', 'none/rejects'], /Can't write the --rejects file none.rejects/],
  ])('%j that can not be written is said before the first row', async (argv, message) => {
    const stdin = Readable.from([Buffer.from('{}\n')]);
    const { code, out, err } = await cli(['send', '-', '--url', url, ...argv], { stdin });
    expect([code, out]).toEqual([2, '']);
    expect(err).toMatch(message);
    expect(ingest.requests).toHaveLength(0);
  });

  test('says at once that the gRPC port does not take HTTP/1.1', async () => {
    const grpc = createHttp2Server().listen(0, '127.0.0.1');
    try {
      await once(grpc, 'listening');
      const address = `127.0.0.1:${(grpc.address() as AddressInfo).port}`;
      const stdin = Readable.from([Buffer.from('{}\n')]);
      const sent = await cli(['send', '-', '--url', `http://${address}`, '--retry-for', '1h', '-q'], {
        stdin,
      });
      expect([sent.code, sent.err]).toEqual([1, expect.stringContaining('Is it the gRPC port?')]);
      const listed = await cli(['quarantine', 'list', '--admin', address]);
      expect([listed.code, listed.err]).toEqual([
        1,
        expect.stringContaining('Is --admin the admin address?'),
      ]);
    } finally {
      grpc.close();
    }
  });

  test('one is no plural', async () => {
    ingest.react = () => ({ status: 200, body: { accepted: 0, duplicates: 1, rejected: 0, results: [] } });
    const stdin = Readable.from([Buffer.from('{}\n')]);
    const { out } = await cli(['send', '-', '--url', url, '-q'], { stdin });
    expect(out).toMatch(/^Sent 1 event in .* 0 accepted, 1 duplicate, 0 rejected\.\n$/);
  });

  test('exits with 1 and names the rows when any was rejected', async () => {
    const rows = Array.from({ length: 15 }, (_, index) => (index < 12 ? '{}' : `{"id":"${index}"}`));
    const stdin = Readable.from([Buffer.from(rows.join('\n'))]);
    const { code, out } = await cli(['send', '-', '--url', url, '--id-field', 'id', '-q'], { stdin });
    expect(code).toBe(1);
    expect(out).toContain('  line 1 (row 1): missing_event_id: has no usable id at id: there is none\n');
    expect(out).toContain('and 2 more; name a file with --rejects');
  });

  test('prints the summary also when it had to give up', async () => {
    ingest.react = () => ({ status: 503 });
    const stdin = Readable.from([Buffer.from('{}\n')]);
    const { code, out, err } = await cli(['send', '-', '--url', url, '--retry-for', '1ms', '--json', '-q'], {
      stdin,
    });
    expect(code).toBe(1);
    expect(JSON.parse(out)).toMatchObject({ sent: 0, complete: false });
    expect(err).toContain('Gave up after');
  });
});

describe('tail', () => {
  function publish(count: number): void {
    const directory = topicDirectory(cwd, 'events');
    const path = segmentPath(directory, 1);

    mkdirSync(directory, { recursive: true });
    const records = Array.from({ length: count }, (_, seq) =>
      encodeLine(
        {
          lane: 0,
          seq,
          key: `k${seq}`,
          value: Buffer.from(`{"n": 1.0${seq}}`),
          headers: { ce_id: `k${seq}` },
        },
        '2026-01-01T00:00:00.000Z',
      ),
    );
    writeFileSync(path, Buffer.concat(records));
  }

  test('the newest ten, n, or all', async () => {
    publish(25);
    const tail = async (...argv: string[]): Promise<string[]> =>
      (await cli(['tail', '--data-dir', cwd, ...argv])).out.trim().split('\n');
    expect(await tail()).toHaveLength(10);
    expect((await tail('-n', '2')).map((line) => line.split('  ')[2])).toEqual(['k23', 'k24']);
    expect(await tail('--from', 'start')).toHaveLength(25);
    expect((await tail('--json', '-n', '1'))[0]).toBe(
      '{"key":"k24","value":{"n": 1.024},"headers":{"ce_id":"k24"},"lane":0,"seq":24,"published_at":"2026-01-01T00:00:00.000Z"}',
    );
  });

  test('follows until the signal, without a gap behind the newest', async () => {
    publish(5);
    const stop = new AbortController();
    const stdout = collect();
    const running = cli(['tail', '--data-dir', cwd, '-f', '-n', '1'], { signal: stop.signal, stdout });
    await eventually(() => stdout.text.includes('k4'));
    publish(7);
    await eventually(() => stdout.text.includes('k6'));
    stop.abort('SIGINT');
    const { code, out } = await running;
    expect(code).toBe(0);
    const keys = out
      .trim()
      .split('\n')
      .map((line) => line.split('  ')[2]);
    expect(keys).toEqual(['k4', 'k5', 'k6']);
  });

  test('sends people to kcat when events go to Kafka', async () => {
    const { code, err } = await cli(['tail'], { env: { KAFKA_BROKERS: 'b:9092' } });
    expect([code, err]).toEqual([2, expect.stringContaining('kcat -C -b b:9092 -t events')]);
  });
});

describe('store', () => {
  test('check says that there is none: wrong usage', async () => {
    const { code, err } = await cli(['store', 'check', '--data-dir', join(cwd, 'none')]);
    expect([code, err]).toEqual([2, expect.stringContaining('There is no store')]);
  });

  test('check says what is wrong and what to do next, and does not send in a circle', async () => {
    writeFileSync(join(cwd, 'store.manifest'), 'not a manifest');
    const { code, out } = await cli(['store', 'check', '--data-dir', cwd]);
    expect(code).toBe(3);
    expect(out).toMatch(/^store +unknown\nclosed properly +unknown\nunsent events +unknown\n/);
    expect(out).toContain('  the manifest is damaged');
    expect(out).toContain('  the data is missing');
    expect(out).toContain(`selfcheer store salvage --data-dir ${cwd} --dry-run`);
    expect(out).not.toContain('store check');
    const json = JSON.parse((await cli(['store', 'check', '--data-dir', cwd, '--json'])).out) as object;
    expect(json).toMatchObject({ ok: false, storeId: null, records: null, dedupeEntries: null });
  });

  test.each([
    ['store_locked', 1],
    ['foreign_files', 2],
    ['store_damaged', 3],
    ['manifest_missing', 3],
  ])('a start that fails with %s exits with %i', async (code, expected) => {
    const startApp = (): Promise<never> => Promise.reject(new StoreError(code, 'why'));
    expect(await cli(['start'], { startApp })).toMatchObject({ code: expected, err: 'selfcheer: why\n' });
  });
});
