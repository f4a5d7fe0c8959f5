import type { handleServerStreamingCall, handleUnaryCall } from '@grpc/grpc-js';
import type { CheerVerdict } from '@selfcheer/cheer-kit';
import { checkEmptyMessage } from './grpc-decode';
import { encodeCheer } from './grpc-encode';
import { problemFailure } from './grpc-status';
import type { OpenStreams } from './grpc-open-streams';

/** Where the cheer comes from. */
export interface CheerSource {
  current(): CheerVerdict;
  /** Calls the listener at each change until the returned function is called. */
  subscribe(listener: (verdict: CheerVerdict) => void): () => void;
}

/** `GetCheer`. */
export function getCheer(source: CheerSource): handleUnaryCall<Buffer, Buffer> {
  return (call, callback) => {
    const problem = checkEmptyMessage(call.request);
    if (problem) callback(problemFailure(problem));
    else callback(null, encodeCheer(source.current()));
  };
}

/** `WatchCheer`. Holds at most one verdict for a reader that is slow: the newest. */
export function watchCheer(
  source: CheerSource,
  open: OpenStreams,
): handleServerStreamingCall<Buffer, Buffer> {
  return (call) => {
    const problem = checkEmptyMessage(call.request);
    if (problem) {
      call.emit('error', problemFailure(problem));
      return;
    }
    let writable = call.write(encodeCheer(source.current()));
    let newest: CheerVerdict | undefined;
    const show = (verdict: CheerVerdict): void => {
      newest = verdict;
      if (!writable || call.writableEnded) return;
      newest = undefined;
      writable = call.write(encodeCheer(verdict));
    };
    const unsubscribe = source.subscribe(show);
    call.on('drain', () => {
      writable = true;
      if (newest) show(newest);
    });
    const watch = { drain: () => call.end() };
    open.add(watch);
    call.on('close', () => {
      unsubscribe();
      open.delete(watch);
    });
  };
}
