import type { Session } from 'node:inspector/promises';
import { ProfileError } from './errors';

/** The name of the thread that the process began with. */
export const mainThread = 'main';

/** A thread of this process that can be asked in the language of the Chrome DevTools Protocol. */
export interface InspectedThread {
  post(method: string, params?: object): Promise<unknown>;
  /** Aborts with a ProfileError when the thread ends. */
  readonly ended: AbortSignal;
}

type Post = (method: string, params?: object) => Promise<unknown>;

/** @param name `main`, or the `name` that a worker was made with. Throws ProfileError `unknown_thread`. */
export async function inspectThread(session: Session, name: string): Promise<InspectedThread> {
  if (name === mainThread) {
    const post = session.post.bind(session) as Post;
    return { post: (method, params) => post(method, params), ended: new AbortController().signal };
  }
  const workers = new Map<string, string>();
  session.on('NodeWorker.attachedToWorker', ({ params: { sessionId, workerInfo } }) => {
    const worker = nameOf(workerInfo.title);
    if (!workers.has(worker)) workers.set(worker, sessionId);
  });
  await session.post('NodeWorker.enable', { waitForDebuggerOnStart: false });
  const sessionId = workers.get(name);
  if (sessionId !== undefined) return inspectWorker(session, sessionId, name);
  const names = [mainThread, ...workers.keys()];
  throw new ProfileError('unknown_thread', `There is no thread named ${name}; there is ${names.join(', ')}.`);
}

/** Node gives the title as `[worker 7] relay`. */
function nameOf(title: string): string {
  return title.replace(/^\[worker \d+\]\s*/, '');
}

function inspectWorker(session: Session, sessionId: string, name: string): InspectedThread {
  const ended = new AbortController();
  const calls = new Map<number, { resolve: (result: unknown) => void; reject: (error: Error) => void }>();
  let lastId = 0;
  session.on('NodeWorker.receivedMessageFromWorker', ({ params }) => {
    if (params.sessionId !== sessionId) return;
    const { id, result, error } = JSON.parse(params.message) as WorkerAnswer;
    // Without an id it is a notification.
    const call = calls.get(id ?? 0);
    calls.delete(id ?? 0);
    if (error) call?.reject(new Error(`The thread ${name} refused: ${error.message}`));
    else call?.resolve(result);
  });
  session.on('NodeWorker.detachedFromWorker', ({ params }) => {
    if (params.sessionId !== sessionId) return;
    const error = new ProfileError('thread_ended', `The thread ${name} ended before its profile did.`);
    ended.abort(error);
    for (const { reject } of calls.values()) reject(error);
  });
  return {
    ended: ended.signal,
    async post(method, params = {}) {
      ended.signal.throwIfAborted();
      const id = ++lastId;
      const answer = new Promise<unknown>((resolve, reject) => calls.set(id, { resolve, reject }));
      const message = JSON.stringify({ id, method, params });
      await Promise.all([answer, session.post('NodeWorker.sendMessageToWorker', { sessionId, message })]);
      return answer;
    },
  };
}

interface WorkerAnswer {
  readonly id?: number;
  readonly result?: unknown;
  readonly error?: { readonly message: string };
}
