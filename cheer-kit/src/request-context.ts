import { AsyncLocalStorage } from 'node:async_hooks';
import type { TraceContext } from './trace-context';

/** What everything that runs for one request may know of it. */
export interface RequestContext {
  /** The trace id where there is one, else the request id. On every log line that is written meanwhile. */
  readonly correlationId: string;
  /** Made by a check and no customer: counted apart, and in no SLO. */
  readonly synthetic?: boolean;
  /** As the caller sent it: what is passed on where no span is made. */
  readonly trace?: TraceContext | undefined;
}

const storage = new AsyncLocalStorage<RequestContext>();

/** Runs `run`, and what it waits for, as a part of this request. */
export function runInRequest<T>(request: RequestContext, run: () => T): T {
  return storage.run(request, run);
}

/** The request that this code runs for, if any. */
export function currentRequest(): RequestContext | undefined {
  return storage.getStore();
}
