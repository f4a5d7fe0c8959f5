import type { IntakeDraft } from './intake';
import type { ItemProblem } from './problem';

/** Makes one event of a range of bytes that is known to be UTF-8. One format each; serves any number of events. */
export interface ItemReader {
  /** Id of the event that was read last, as far as it could be told: rejections name it. */
  readonly id: string | null;
  read(bytes: Buffer, from: number, end: number): IntakeDraft | ItemProblem;
}
