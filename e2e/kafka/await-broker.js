// await-broker.js HOST:PORT PID: waits, for a minute at the most, until the broker answers for a working cluster.
// An open port is not enough: the broker listens some time before it has a controller and may create topics.
const { Kafka, logLevel } = require('kafkajs');

const [address, pid] = process.argv.slice(2);

function isRunning() {
  try {
    process.kill(Number(pid), 0);
    return true;
  } catch {
    return false;
  }
}

async function answers() {
  const kafka = new Kafka({ brokers: [address], logLevel: logLevel.NOTHING, retry: { retries: 0 } });
  const admin = kafka.admin();
  try {
    await admin.connect();
    const { brokers, controller } = await admin.describeCluster();
    return brokers.length > 0 && controller !== null;
  } catch {
    return false;
  } finally {
    await admin.disconnect().catch(() => undefined);
  }
}

async function main() {
  for (const end = Date.now() + 60_000; Date.now() < end && isRunning();) {
    if (await answers()) process.exit(0);
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  process.exit(1);
}

void main();
