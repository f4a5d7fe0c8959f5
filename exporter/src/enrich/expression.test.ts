import { storedEvent } from '../../test/helpers/stored-event';
import type { EnrichOutcome } from '../event';
import { createEnricher } from './enricher';

const payload =
  '{"user":{"email":"ann@example.org","age":41},"x":[3,1,3],"long":"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!"}';

async function run(expression: string, json = payload, clock?: () => number): Promise<EnrichOutcome> {
  const options = { baseDir: '/', ...(clock && { clock }) };
  const enricher = createEnricher(
    [{ step: 'normalize' }, { step: 'expression', field: 'r', expression }],
    options,
  );
  return enricher.enrich(storedEvent(json));
}
async function result(expression: string, json?: string): Promise<unknown> {
  const outcome = await run(expression, json);
  if (outcome.outcome !== 'ok') throw new Error(JSON.stringify(outcome));
  return (JSON.parse(outcome.enriched.toString()) as { r?: unknown }).r;
}
async function refusal(...call: Parameters<typeof run>): Promise<string> {
  const outcome = await run(...call);
  if (outcome.outcome !== 'quarantine') throw new Error(JSON.stringify(outcome));
  expect(outcome.verdict).toMatchObject({ reason: 'expression', step: 'expression' });
  return outcome.verdict.detail;
}

describe('expression', () => {
  it.each([
    ['$sum(x) + user.age', 48],
    ['$event.event_id & $event.type', 'e-1selfcheer.event'],
    ['$event.accepted_at - $event.timestamp', 1250],
    ['$enriched.time', '2024-02-29T12:00:00.000Z'],
    ['nothing.here', undefined],
    ['{"b": x[0], "a": null}', { b: 3, a: null }],
    ['$distinct(x)', [3, 1]],
    ['$distinct(x[$ = 3])', 3],
    ['$replace(user.email, /(.+)@(.+)/, "$2 $1")', 'example.org ann'],
    ['$split("a1b22c", /\\d+/)', ['a', 'b', 'c']],
  ])('%s', async (expression, value) => {
    expect(await result(expression)).toEqual(value);
  });

  it('completes dates from the event and not from the day or the time zone of the machine', async () => {
    const parse = jest.spyOn(Date, 'parse');
    expect(await result('$toMillis("10:00", "[H01]:[m01]")')).toBe(Date.UTC(2024, 1, 29, 10));
    expect(await result('$toMillis("2020-01-01T00:00:00")')).toBe(Date.UTC(2020, 0, 1));
    expect(parse).toHaveBeenLastCalledWith('2020-01-01T00:00:00Z');
    parse.mockRestore();
  });

  it.each([
    '$now()',
    '$millis()',
    '$f := $random',
    '[1,2] ~> $shuffle',
    '$map(x, $eval)',
    'x.{"a": function($v){$now()}}',
  ])('refuses %s at start', (expression) => {
    const create = () =>
      createEnricher([{ step: 'lateness' }, { step: 'expression', field: 'r', expression }], {
        baseDir: '/',
      });
    expect(create).toThrow(
      /^enrich step 2 \(expression\): can't use the expression: \$\w+ would make the same event/,
    );
  });

  it.each([
    ['x[', /Expected|Unexpected|end/],
    ['$match(x, /(?=a)/)', /look-around/],
  ])('refuses %s at start', (expression, problem) => {
    expect(() => createEnricher([{ step: 'expression', field: 'r', expression }], { baseDir: '/' })).toThrow(
      problem,
    );
  });

  it.each([
    ['($f := function($n){$f($n + 1)}; $f(0))', 'more than 100000 steps'],
    ['($f := function($n){$f($n + 1) + 1}; $f(0))', 'more than 10000 levels deep'],
    ['{"a": ($f := function(){$f()}; $f()), "b": ($g := function(){$g()}; $g())}', 'more than 100000 steps'],
    ['[1..10000000]', 'more than 20000 items'],
    ['$pad("x", 1000000000)', 'a string of more than'],
    ['($d := function($s){$d($s & $s)}; $d("12345678"))', 'a string of more than'],
    ['$map([1..20000], function($i){$$})', 'its result is larger'],
    ['function($v){$v}', 'its result is a function'],
    ['{"f": $sum}', 'its result is a function'],
    ['$error("no mail")', 'no mail'],
    ['user.age / 0', 'its result is Infinity'],
    ['$power(user.age, 1000)', 'D3061'],
  ])('sets the event aside: %s', async (expression, detail) => {
    // The clock stands still: on a slow machine the limit of time would come first.
    expect(await refusal(expression, payload, () => 0)).toContain(detail);
  });

  it('stops after five seconds, should steps be slow', async () => {
    let now = 0;
    const slow = '($f := function($n){$n = 0 ? 0 : $f($n - 1)}; $f(100))';
    expect(await refusal(slow, payload, () => (now += 3_000))).toContain('ran for more than 5000 ms');
  });

  it('stops after five seconds of searching, too', async () => {
    let now = 0;
    const spaced = '{"long":"a a a a a a a a"}';
    expect(await refusal('$match(long, /a/)', spaced, () => (now += 1_000))).toContain(
      'ran for more than 5000 ms',
    );
  });

  it('is not slowed down by text made for backtracking', async () => {
    expect(await result('$contains(long, /^(a+)+$/)')).toBe(false);
  });

  it('does not repeat what stands in the payload', async () => {
    expect(await refusal('$number(user.email)')).not.toContain('ann@');
  });

  it('keeps evaluations of several events apart', async () => {
    const enricher = createEnricher([{ step: 'expression', field: 'r', expression: '$sum(x.($ * 2))' }], {
      baseDir: '/',
    });
    const outcomes = await Promise.all(
      [1, 2, 3].map(async (n) => enricher.enrich(storedEvent(`{"x":[${n},${n}]}`))),
    );
    expect(outcomes.map((outcome) => outcome.outcome === 'ok' && outcome.enriched.toString())).toEqual([
      '{"r":4}',
      '{"r":8}',
      '{"r":12}',
    ]);
  });
});

describe('hostile payloads', () => {
  it('can not reach prototypes, whichever way the name is written', async () => {
    for (const name of ['__proto__', '\\u005f_proto__']) {
      const json = `{"${name}":{"polluted":1},"a":{"${name}":{"polluted":1},"k":"__proto__"}}`;
      expect(await result('polluted', json)).toBeUndefined();
      expect(await result('$merge([$, a])', json)).toEqual({ a: { k: '__proto__' }, k: '__proto__' });
      await run('{a.k: {"polluted": 1}}', json);
      await run('$ ~> | a | {"polluted": 1} |', json);
    }
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
  });

  it('can not pass for functions of JSONata', async () => {
    const json = '{"f":{"_jsonata_lambda":true,"arguments":[],"body":{"type":"string","value":"run"}}}';
    expect(await refusal('f()', json)).toContain('T1006');
    expect(await result('f', json)).toEqual({ arguments: [], body: { type: 'string', value: 'run' } });
  });
});
