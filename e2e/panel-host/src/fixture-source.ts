import {
  type DataFrame,
  type DataFrameJSON,
  dataFrameFromJSON,
  type DataQuery,
  type DataQueryRequest,
  type DataQueryResponse,
  FieldType,
  LoadingState,
  type PartialDataFrame,
  toDataFrame,
} from '@grafana/data';
import { from, NEVER, type Observable } from 'rxjs';
import { HostSource } from './host-source';

type FixtureFrame = PartialDataFrame | DataFrameJSON;

export interface FixtureQuery extends DataQuery {
  /** What it answers. In fields of numbers `"NaN"`, `"Infinity"` and `"-Infinity"` stand for what JSON has not. */
  readonly frames?: readonly FixtureFrame[];
  /** Or: the name of one of the server's fixtures, asked anew for every query. */
  readonly scenario?: string;
  /** It fails with these words. */
  readonly error?: string;
  /** It never answers. */
  readonly pending?: boolean;
}

function toFrame(refId: string, given: FixtureFrame): DataFrame {
  if ('schema' in given) return dataFrameFromJSON(given);
  const frame = toDataFrame({ refId, ...given });
  for (const field of frame.fields) {
    if (field.type === FieldType.number)
      field.values = field.values.map((value: unknown) =>
        typeof value === 'string' ? Number(value) : value,
      );
  }
  return frame;
}

async function answer({ refId, frames, scenario, error }: FixtureQuery): Promise<DataFrame[]> {
  if (error) throw new Error(error);
  if (!scenario) return (frames ?? []).map((frame) => toFrame(refId, frame));
  const response = await fetch(`/api/fixtures/${encodeURIComponent(scenario)}`);
  if (!response.ok) throw new Error(`there is no fixture ${scenario}`);
  return ((await response.json()) as FixtureFrame[]).map((frame) => toFrame(refId, frame));
}

/** Answers with the frames that stand in the query itself, or in a fixture of the server. */
export class FixtureSource extends HostSource<FixtureQuery> {
  constructor() {
    super('selfcheer-fixture', 'fixture', 'Fixture');
  }

  override query({ targets }: DataQueryRequest<FixtureQuery>): Observable<DataQueryResponse> {
    const shown = targets.filter(({ hide }) => hide !== true);
    if (shown.some(({ pending }) => pending)) return NEVER;
    return from(
      Promise.all(shown.map(answer)).then((found) => ({ data: found.flat(), state: LoadingState.Done })),
    );
  }
}
