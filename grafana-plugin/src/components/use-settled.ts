import { useState } from 'react';
import { LoadingState, type PanelData } from '@grafana/data';

/**
 * The newest data that are complete: while a query runs its answer may be missing or half there, so the last one stays.
 * Before the first complete answer, whatever there is.
 */
export function useSettled(data: PanelData): PanelData {
  const [settled, setSettled] = useState(data);
  const moves = settled !== data && (!isLoading(data) || isLoading(settled));
  if (moves) {
    setSettled(data);
  }
  return moves ? data : settled;
}

export function isLoading({ state }: PanelData): boolean {
  return state === LoadingState.Loading || state === LoadingState.NotStarted;
}
