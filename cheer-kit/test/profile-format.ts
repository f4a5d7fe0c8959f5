interface CallFrame {
  readonly functionName: string;
  readonly url: string;
  readonly lineNumber: number;
}

interface CpuProfile {
  readonly nodes: readonly {
    readonly id: number;
    readonly callFrame: CallFrame;
    readonly children?: number[];
  }[];
  readonly startTime: number;
  readonly endTime: number;
  readonly samples: readonly number[];
  readonly timeDeltas: readonly number[];
}

interface HeapNode {
  readonly id: number;
  readonly callFrame: CallFrame;
  readonly selfSize: number;
  readonly children: readonly HeapNode[];
}

/**
 * Names of the functions that a CPU profile has seen. Throws unless it is what Chrome's DevTools open: the type
 * Profiler.Profile of the DevTools Protocol, one tree, every sample of a node that is there.
 */
export function functionsOfCpuProfile(profile: unknown): string[] {
  const { nodes, startTime, endTime, samples, timeDeltas } = profile as CpuProfile;
  const ids = new Set(nodes.map(({ id }) => id));
  const children = nodes.flatMap((node) => node.children ?? []);
  must(ids.size === nodes.length, 'every node has an id of its own');
  must(
    children.every((id) => ids.has(id)) && new Set(children).size === nodes.length - 1,
    'every node but the root hangs on one other',
  );
  must(nodes[0]?.callFrame.functionName === '(root)', 'the first node is the root');
  must(
    samples.length > 0 && samples.every((id) => ids.has(id)),
    'there are samples, and each is one of a node',
  );
  must(timeDeltas.length === samples.length, 'every sample has its time');
  must(Number.isFinite(startTime) && endTime > startTime, 'it ends after it began');
  return nodes.map(({ callFrame }) => callFrame.functionName);
}

/** The same of a heap profile, HeapProfiler.SamplingHeapProfile: bytes by the function that allocated them. */
export function bytesOfHeapProfile(profile: unknown): Map<string, number> {
  const { head, samples } = profile as {
    readonly head: HeapNode;
    readonly samples: readonly { readonly size: number; readonly nodeId: number; readonly ordinal: number }[];
  };
  const bytes = new Map<string, number>();
  const ids = new Set<number>();
  const visit = ({ id, callFrame, selfSize, children }: HeapNode): void => {
    must(!ids.has(id), 'every node has an id of its own');
    ids.add(id);
    bytes.set(callFrame.functionName, (bytes.get(callFrame.functionName) ?? 0) + selfSize);
    children.forEach(visit);
  };
  visit(head);
  must(head.callFrame.functionName === '(root)', 'the head is the root');
  must(
    samples.every(({ nodeId, size }) => ids.has(nodeId) && size > 0),
    'each sample is one of a node',
  );
  return bytes;
}

function must(holds: boolean, what: string): void {
  if (!holds) throw new Error(`not so: ${what}`);
}
