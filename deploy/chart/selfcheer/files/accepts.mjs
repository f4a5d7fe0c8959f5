// helm test: the exporter is ready, and an event that it takes reaches the sink.
const { HTTP_URL, ADMIN_URL, SELFCHEER_API_KEY, PROXY_END_URL } = process.env;
const key = SELFCHEER_API_KEY ? { authorization: `Bearer ${SELFCHEER_API_KEY}` } : {};
const run = `helm-test-${Date.now()}`;
const deadline = Date.now() + 120_000;

/** The answer, or what went wrong, as a text. */
async function ask(url, options = {}) {
  try {
    const headers = { ...key, ...options.headers };
    const response = await fetch(url, { ...options, headers, signal: AbortSignal.timeout(5_000) });
    return { status: response.status, text: await response.text() };
  } catch (error) {
    return { status: 0, text: String(error.cause ?? error) };
  }
}

/** Asks until the answer will do, and says what it is waiting for. */
async function until(what, url, options, good) {
  for (let said = ''; ; await new Promise((resolve) => setTimeout(resolve, 500))) {
    const answer = await ask(url, options);
    if (good(answer)) return console.log(`ok: ${what}`);
    const line = `${what}: ${answer.status} ${answer.text.slice(0, 500)}`;
    // Asking again mends what is not there yet, and no key that is wrong.
    if ([400, 401, 403].includes(answer.status) || Date.now() > deadline) throw new Error(line);
    if (line !== said) console.log(`waiting: ${(said = line)}`);
  }
}

async function test() {
  await until('it is ready', `${ADMIN_URL}/readyz`, {}, ({ status }) => status === 200);
  const event = { event_id: `${run}/1`, payload: { from: 'helm test' }, timestamp: Date.now() };
  const post = {
    method: 'POST',
    body: JSON.stringify(event),
    // Not counted among the events of users, and sent to a topic of its own.
    headers: { 'content-type': 'application/json', baggage: 'selfcheer.synthetic=true' },
  };
  await until(
    'an event is accepted',
    `${HTTP_URL}/v1/events`,
    post,
    ({ status }) => status === 202 || status === 200,
  );
  // Any pod may have taken it: this one says so, or another does when it is asked next.
  await until('it is published', `${ADMIN_URL}/api/v1/synthetic/${run}`, {}, ({ status, text }) => {
    return status === 200 && JSON.parse(text).published === 1;
  });
}

try {
  await test();
} catch (error) {
  console.error(`FAILED: ${error.message}`);
  process.exitCode = 1;
} finally {
  if (PROXY_END_URL) await ask(PROXY_END_URL, { method: 'POST' });
}
