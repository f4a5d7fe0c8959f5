import { EventEmitter } from 'node:events';
import { onStopSignals } from './stop-signals';

let now: number;
let source: EventEmitter;
let heard: string[];
beforeEach(() => {
  now = 5_000;
  source = new EventEmitter();
  heard = [];
  onStopSignals(
    { first: (signal) => heard.push(`first ${signal}`), again: () => heard.push('again') },
    source,
    () => now,
  );
});

test.each(['SIGINT', 'SIGTERM'])('%s is heard', (signal) => {
  source.emit(signal);
  expect(heard).toEqual([`first ${signal}`]);
});

test('a Ctrl-C that npm passes on is the same one; a later one is another', () => {
  source.emit('SIGINT');
  now += 1_000;
  source.emit('SIGINT');
  expect(heard).toEqual(['first SIGINT']);
  now += 1;
  source.emit('SIGINT');
  expect(heard).toEqual(['first SIGINT', 'again']);
});

test('SIGTERM is sent to one process: a second one is meant', () => {
  source.emit('SIGINT');
  source.emit('SIGTERM');
  expect(heard).toEqual(['first SIGINT', 'again']);
});
