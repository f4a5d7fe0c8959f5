import { createEvent, type EventDraft } from './event';

const arrival = { receivedAt: 1_700_000_000_000, tenant: 'default', traffic: 'real' } as const;
const defaults = { source: '/default', type: 'default' };
const hashOf = (draft: EventDraft): string => createEvent(draft, arrival, defaults).bodyHash.toString('hex');
const plain: EventDraft = { id: 'a', payload: Buffer.from('{"x":1}') };

describe('createEvent', () => {
  it('applies defaults', () => {
    expect(createEvent(plain, arrival, defaults)).toMatchObject({
      ...{ source: '/default', type: 'default', key: 'a', timestamp: 1_700_000_000_000, base64: false },
    });
  });

  it('gives every difference in what was sent another body hash, and the time of receipt none', () => {
    const drafts: EventDraft[] = [
      plain,
      { ...plain, payload: Buffer.from('{"x": 1}') },
      { ...plain, source: '/default' },
      { ...plain, type: 'default' },
      { ...plain, key: 'a' },
      { ...plain, timestamp: 1_700_000_000_000 },
      { ...plain, base64: true },
    ];
    expect(new Set(drafts.map(hashOf)).size).toBe(drafts.length);
    const later = createEvent(plain, { ...arrival, receivedAt: 1_800_000_000_000 }, defaults);
    expect(later.bodyHash.toString('hex')).toBe(hashOf(plain));
  });

  it('tells identities of neighbouring source and id apart', () => {
    const identity = (source: string, id: string): string =>
      createEvent({ ...plain, id, source }, arrival, defaults).identity.toString('hex');
    expect(identity('ab', 'c')).not.toBe(identity('a', 'bc'));
    expect(identity('ab', 'c')).toBe(identity('ab', 'c'));
  });
});
