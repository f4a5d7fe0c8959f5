import { OpenStreams } from './grpc-open-streams';

describe('OpenStreams', () => {
  const stream = (): { drain: jest.Mock } => ({ drain: jest.fn() });

  it('drains those that are open, once, and those that open later at once', () => {
    const [closed, open, late] = [stream(), stream(), stream()];
    const streams = new OpenStreams();
    streams.add(closed);
    streams.add(open);
    streams.delete(closed);
    expect(open.drain).not.toHaveBeenCalled();
    streams.drain();
    streams.add(late);
    expect(closed.drain).not.toHaveBeenCalled();
    expect(open.drain).toHaveBeenCalledTimes(1);
    expect(late.drain).toHaveBeenCalledTimes(1);
  });
});
