import { LargeBodies } from './large-bodies';

const never = new AbortController().signal;
const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('LargeBodies', () => {
  it('holds at most three quarters of the memory, except for one that is alone', () => {
    const large = new LargeBodies(100);
    const [first, second] = [large.open(), large.open()];
    expect(first.tryGrow(60)).toBe(true);
    expect(second.tryGrow(16)).toBe(false);
    expect(first.tryGrow(40)).toBe(true);
    expect(large.used).toBe(100);
    first.close();
    expect(second.tryGrow(16)).toBe(true);
    second.close();
    second.close();
    expect(large.used).toBe(0);
  });

  it('says when every body that could give memory back waits', async () => {
    const large = new LargeBodies(100);
    const [first, second, newcomer] = [large.open(), large.open(), large.open()];
    first.tryGrow(40);
    second.tryGrow(30);
    expect(first.tryGrow(10)).toBe(false);
    expect(first.stuck()).toBe(false);
    const grown = first.grow(10, never);
    expect(newcomer.stuck()).toBe(false);
    expect(second.stuck()).toBe(true);
    second.close();
    await grown;
    expect(large.used).toBe(50);
    expect(first.stuck()).toBe(true); // alone
  });

  it('takes nothing for a body that was closed or gave up while it waited', async () => {
    const large = new LargeBodies(100);
    const [first, second, third] = [large.open(), large.open(), large.open()];
    first.tryGrow(70);
    const gone = new AbortController();
    const aborted = second.grow(20, gone.signal);
    const closed = third.grow(20, never);
    third.close();
    gone.abort(new Error('gone'));
    await expect(aborted).rejects.toThrow('gone');
    first.close();
    await closed;
    await settle();
    expect(large.used).toBe(0);
  });

  it('gives everything back when a body has passed it on, and lets it take again', async () => {
    const large = new LargeBodies(100);
    const [first, second] = [large.open(), large.open()];
    first.shrink(); // nothing to give back
    first.tryGrow(60);
    const grown = second.grow(40, never);
    await settle();
    expect(second.held).toBe(0);
    first.shrink();
    await grown;
    expect([first.held, second.held, large.used]).toEqual([0, 40, 40]);
    expect(second.stuck()).toBe(true); // the only one that holds any
    expect(first.tryGrow(35)).toBe(true);
    expect(second.stuck()).toBe(false);
    first.close();
    second.close();
    expect(large.used).toBe(0);
  });
});
