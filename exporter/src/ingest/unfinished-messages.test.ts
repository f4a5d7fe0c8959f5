import { UnfinishedMessages, type Sender } from './unfinished-messages';

const kib = 1024;

/** Unfinished messages of which 100 bytes must come a second, and their time. */
function unfinished() {
  let now = 0;
  const messages = new UnfinishedMessages(100, () => now);
  const ended: string[] = [];
  const sender = (name: string): Sender & { heldUp: boolean } => {
    const self = {
      heldUp: false,
      tooSlow: () => {
        ended.push(name);
        messages.done(self);
      },
    };
    return self;
  };
  const pass = (seconds: number): void => {
    for (let i = 0; i < seconds; i++) {
      now += 1_000;
      messages.sweep();
    }
  };
  return { messages, ended, sender, pass };
}

test('counts the first 64 KiB of each message, and no more of all than 16 MiB', () => {
  const { messages, sender } = unfinished();
  const a = sender('a');
  expect(messages.progress(a, 10 * kib, 10 * kib)).toBe(true);
  expect(messages.progress(a, 900 * kib, 890 * kib)).toBe(true);
  expect(messages.held).toBe(64 * kib);
  const others = Array.from({ length: 255 }, (_, i) => sender(`b${i}`));
  for (const other of others) expect(messages.progress(other, 64 * kib, 64 * kib)).toBe(true);
  expect(messages.progress(sender('one too many'), 1, 1)).toBe(false);
  for (const each of [a, ...others]) messages.done(each);
  expect(messages.held).toBe(0);
  messages.done(a);
  expect(messages.held).toBe(0);
});

test('ends who sends too little, however much it sent before', () => {
  const { messages, ended, sender, pass } = unfinished();
  const stalled = sender('stalled');
  const steady = sender('steady');
  messages.progress(stalled, 50 * kib, 50 * kib);
  for (let second = 1; second <= 9; second++) {
    messages.progress(steady, 120 * second, 120);
    pass(1);
  }
  expect(ended).toEqual([]);
  messages.progress(steady, 1_200, 120);
  pass(1);
  expect(ended).toEqual(['stalled']);
});

test('does not count the time in which it was us who did not read', () => {
  const { messages, ended, sender, pass } = unfinished();
  const call = sender('call');
  messages.progress(call, 1, 1);
  call.heldUp = true;
  pass(60);
  call.heldUp = false;
  pass(4);
  expect(ended).toEqual([]);
  pass(1);
  expect(ended).toEqual(['call']);
});
