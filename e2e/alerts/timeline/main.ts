import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { runTimeline } from './run-timeline';
import { setScene } from './scene';
import { timelineTable } from './table';

/*
 * Writes what every fault came to into ../timeline.md, for people: the same run as in ../timeline.test.ts.
 */

const file = path.join(__dirname, '../timeline.md');
const intro = `# From a fault to a person

Written by \`npm run alerts:timeline\`, not by hand. Each fault happens to a real exporter with a real Kafka, or to the
kit's example service beside it, under a real Prometheus and a real Alertmanager with the routes of alertmanager.yml. All
times of the rules and routes are divided by sixty (\`selfcheer rules --profile fast\`), so that a second here is a minute
there. Both services have a good month behind them, so that of the burn alerts only the fast one has cause to fire. The
faults of the last stage go on side by side.
`;

async function main(): Promise<void> {
  const ends: (() => unknown)[] = [];
  try {
    const timeline = await runTimeline(await setScene((end) => ends.push(end)));
    const text = `${intro}\n${timelineTable(timeline)}`;
    process.stdout.write(text);
    await writeFile(file, text);
    if (timeline.falseAlerts.length > 0) process.exitCode = 1;
  } finally {
    for (const end of ends.reverse()) await end();
  }
}

void main();
