import { query, type Scene, setScene } from './timeline/scene';
import { runTimeline, type Timeline } from './timeline/run-timeline';
import { timelineTable } from './timeline/table';

/*
 * From a fault to a person's pocket: a real exporter with a real Kafka, and another service beside it, under a real
 * Prometheus with the rules of the fast profile and a real Alertmanager with the project's routes.
 */

const ends: (() => unknown)[] = [];
let scene: Scene;
let timeline: Timeline;

beforeAll(async () => {
  scene = await setScene((end) => ends.push(end));
  timeline = await runTimeline(scene);
  process.stdout.write(`\n${timelineTable(timeline)}in ${timeline.seconds} s\n`);
}, 1_200_000);

afterAll(async () => {
  for (const end of ends.reverse()) await end();
}, 120_000);

test('every fault makes the alerts arrive that are expected, and they resolve', () => {
  for (const { arrived, resolved } of timeline.rows) {
    expect(Object.keys(resolved).sort()).toEqual(Object.keys(arrived).sort());
  }
  expect(timeline.rows).toHaveLength(7);
});

test('nobody is told of anything else', () => {
  expect(timeline.falseAlerts).toEqual([]);
});

test('alerts lead to where help is', () => {
  for (const { labels, annotations } of scene.webhook.notices) {
    const anchor = `#${labels['alertname']?.toLowerCase()}`;
    expect(annotations).toMatchObject({
      summary: expect.stringMatching(/\.$/),
      description: expect.not.stringMatching(/%!|<no value>/),
      runbook_url: expect.stringContaining(anchor),
    });
  }
});

test('the pager gets what is critical and tickets are for what is not', () => {
  const routes = scene.webhook.notices.map(({ receiver, labels }) => `${labels['severity']} ${receiver}`);
  expect([...new Set(routes)].sort()).toEqual(['critical pager', 'none dead-mans-switch', 'warning tickets']);
});

test.each(['CheerVerdictDisagrees', 'CheerAccountingBroken', 'CheerRuleEvaluationFailing'])(
  '%s was quiet all the time',
  async (alert) => {
    const fired = `max_over_time(ALERTS{alertname="${alert}",alertstate="firing"}[1h]) or vector(0)`;
    const answer = await scene.prometheus.until(query(fired), '"success"');
    const { data } = JSON.parse(answer) as { data: { result: { value: [number, string] }[] } };
    expect(data.result.map(({ value }) => value[1])).toEqual(['0']);
  },
);
