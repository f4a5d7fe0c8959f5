// The only file that talks to the service. A key, when one is needed, stays in this tab.

/** Where the service's own paths begin: at the root, or on a sidecar's page below the service's name. */
export const base = /^\/targets\/[^/]+/.exec(location.pathname)?.[0] ?? '';

// Each service has a key of its own: one service's key is not for another's eyes.
const keyName = `selfcheer-key${base}`;
let key = readKey();

function readKey() {
  try {
    return sessionStorage.getItem(keyName);
  } catch {
    return null;
  }
}

export function useKey(value) {
  key = value;
  try {
    sessionStorage.setItem(keyName, value);
  } catch {
    // Without storage the key lasts as long as the page.
  }
}

export class HttpError extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

async function request(path, options = {}) {
  const headers = { ...options.headers, ...(key ? { Authorization: `Bearer ${key}` } : {}) };
  const response = await fetch(base + path, { cache: 'no-store', ...options, headers });
  if (response.ok) return response;
  const problem = await response.json().catch(() => ({}));
  throw new HttpError(response.status, problem.detail ?? `The service answered ${response.status}.`);
}

const limited = (ms) => AbortSignal.timeout(ms);

export const getJson = async (path) => (await request(path, { signal: limited(10_000) })).json();

/** The services that the sidecar which serves this page looks at; it needs no key for that. */
export async function getTargets() {
  const response = await fetch('/api/v1/targets', { cache: 'no-store', signal: limited(5_000) });
  if (!response.ok) throw new HttpError(response.status, `The sidecar answered ${response.status}.`);
  return (await response.json()).targets;
}

export const post = async (path) =>
  (
    await request(path, {
      method: 'POST',
      body: '{}',
      headers: { 'Content-Type': 'application/json' },
      signal: limited(10_000),
    })
  ).json();

/** A summary has a few kilobytes: what goes on for so long is no stream of this service. */
const longestFrame = 4_000_000;

/**
 * Server-sent events over fetch, because EventSource can't carry a key. Calls `onEvent(name, data)` and ends when
 * the stream ends, when nothing comes for `silenceMs`, or with an HttpError.
 */
export async function follow(path, { lastEventId, onEvent, onId, silenceMs }) {
  const abort = new AbortController();
  let watchdog;
  const alive = () => {
    clearTimeout(watchdog);
    watchdog = setTimeout(() => abort.abort(), silenceMs);
  };
  alive();
  try {
    const headers = lastEventId === undefined ? {} : { 'Last-Event-ID': lastEventId };
    const response = await request(path, { headers, signal: abort.signal });
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    let rest = '';
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      alive();
      const frames = (rest + value).split('\n\n');
      rest = frames.pop();
      if (rest.length > longestFrame) throw new Error('A frame has no end.');
      for (const frame of frames) dispatch(frame, onEvent, onId);
    }
  } finally {
    clearTimeout(watchdog);
    abort.abort();
  }
}

function dispatch(frame, onEvent, onId) {
  let name = 'message';
  let data = '';
  for (const line of frame.split('\n')) {
    const colon = line.indexOf(': ');
    const field = line.slice(0, colon);
    const value = line.slice(colon + 2);
    if (field === 'event') name = value;
    else if (field === 'data') data += value;
    else if (field === 'id') onId(value);
  }
  if (data) onEvent(name, JSON.parse(data));
}
