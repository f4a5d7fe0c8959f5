import { AdminPort } from '../../../src/conform/admin-port';
import { startOtlpReceiver } from '../../../src/conform/otlp-receiver';
import { RequestPlan } from '../../../src/conform/request-plan';
import type { Exit, StartedService, Subject } from '../../../src/conform/subject';
import type { Fault } from './faults';
import { startConformService } from './service';

export type OwnSubject = Subject & { readonly own: NonNullable<Subject['own']> };

/** Runs a service with these faults in this process, as something to be checked; it is gone afterwards. */
export async function withService<T>(
  faults: readonly Fault[],
  limits: Subject['limits'],
  use: (subject: OwnSubject) => Promise<T>,
): Promise<T> {
  const lines: string[] = [];
  const traces = await startOtlpReceiver({ protocol: 'http' });
  const target = await startConformService(faults, (line) => lines.push(line), traces.endpoint);
  const { signal } = new AbortController();
  let exit = (_exit: Exit): void => undefined;
  const service: StartedService = {
    lines: () => lines,
    exited: new Promise((resolve) => (exit = resolve)),
    // An end of the process cuts what is connected.
    terminate: () =>
      void target.drain().then((code) => {
        target.close();
        exit({ code, signal: null });
      }),
  };
  try {
    return await use({
      plan: new RequestPlan({ url: `http://${target.http}/orders/{id}`, headers: {} }, signal),
      admin: new AdminPort(`http://${target.admin}`, 'a key of a reader', signal),
      own: { service, traces },
      limits,
      signal,
    });
  } finally {
    target.close();
    await traces.close();
  }
}
