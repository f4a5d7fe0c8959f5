/**
 * System calls that change files, as strace wrote them down. A call is seen twice: when it is entered and when it has
 * returned. What was entered and never returned, because the process was killed, has no result.
 */
export interface TracedCall {
  readonly name: string;
  /** Strings and numbers as they were given; file descriptors as numbers. */
  readonly args: readonly string[];
  /** Bytes of the call's data that were recorded: the first `recordedBytes` of a write. */
  readonly data: Buffer | undefined;
}

export type TraceEvent =
  | { readonly kind: 'enter'; readonly id: number; readonly call: TracedCall }
  | { readonly kind: 'return'; readonly id: number; readonly result: number };

/** How much of each write is recorded: all of what is ever written in place. */
export const recordedBytes = 4_096;

const calls =
  'write,pwrite64,writev,pwritev,pwritev2,fsync,fdatasync,rename,renameat,renameat2,unlink,unlinkat,open,openat,creat,' +
  'ftruncate,truncate,mkdir,mkdirat,rmdir,link,linkat,close';

/**
 * Put before a command: runs it as a direct child (-D) whose file operations strace records. With seccomp only those
 * calls stop the process: under load it costs little.
 */
export function tracing(file: string): string[] {
  const how = ['-D', '-f', '--seccomp-bpf', '-q', '-xx', '-s', String(recordedBytes), '-e', 'signal=SIGKILL'];
  return ['strace', ...how, '-e', `trace=${calls}`, '-o', file, '--'];
}

const whole = /^(\d+) +(\w+)\((.*)\) += (-?\d+)/;
const unfinished = /^(\d+) +(\w+)\((.*?)(?:, *)? <unfinished \.\.\.>$/;
const resumed = /^(\d+) +<\.\.\. (\w+) resumed>(.*)\) += (-?\d+|\?)/;

/** Reads a trace, in the order in which things happened. */
export function* readTrace(text: string): Generator<TraceEvent, void, undefined> {
  const open = new Map<string, number>();
  let id = 0;
  for (const line of text.split('\n')) {
    const one = whole.exec(line);
    if (one) {
      id += 1;
      yield { kind: 'enter', id, call: parseCall(one[2] ?? '', one[3] ?? '') };
      yield { kind: 'return', id, result: Number(one[4]) };
      continue;
    }
    const begun = unfinished.exec(line);
    if (begun) {
      id += 1;
      open.set(begun[1] ?? '', id);
      yield { kind: 'enter', id, call: parseCall(begun[2] ?? '', begun[3] ?? '') };
      continue;
    }
    const back = resumed.exec(line);
    const began = back && open.get(back[1] ?? '');
    if (began && back[4] !== '?') yield { kind: 'return', id: began, result: Number(back[4]) };
  }
}

function parseCall(name: string, text: string): TracedCall {
  const args: string[] = [];
  let data: Buffer | undefined;
  // A string is hex throughout, so neither a comma nor a quote stands inside one.
  for (const part of text.split(', ')) {
    const quoted = /^"(.*?)"(\.\.\.)?$/.exec(part.trim());
    if (!quoted) {
      args.push(part.trim());
      continue;
    }
    const bytes = Buffer.from((quoted[1] ?? '').replaceAll('\\x', ''), 'hex');
    if (name === 'write' || name === 'pwrite64') data = bytes;
    args.push(bytes.toString('utf8'));
  }
  return { name, args, data };
}
