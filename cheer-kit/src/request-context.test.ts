import { setImmediate as nextTurn } from 'node:timers/promises';
import { currentRequest, runInRequest } from './request-context';

test('a request is known to what runs for it, and to nothing else', async () => {
  const seen = async (): Promise<string | undefined> => {
    await nextTurn();
    return currentRequest()?.correlationId;
  };
  const inside = [
    runInRequest({ correlationId: 'a' }, seen),
    runInRequest({ correlationId: 'b', synthetic: true }, () => {
      expect(currentRequest()).toEqual({ correlationId: 'b', synthetic: true });
      return runInRequest({ correlationId: 'c' }, seen);
    }),
  ];
  expect(currentRequest()).toBeUndefined();
  expect(await Promise.all([...inside, seen()])).toEqual(['a', 'c', undefined]);
});
