import fc from 'fast-check';
import { FrameMeter } from './grpc-frames';

const frame = (length: number): Buffer => {
  const bytes = Buffer.alloc(5 + length, 0xff);
  bytes.writeUInt32BE(length, 1);
  return bytes;
};

describe('FrameMeter', () => {
  it('counts what has come of the message that is not whole, however the bytes are cut', () => {
    const lengths = fc.array(fc.integer({ min: 0, max: 300 }), { minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(lengths, fc.array(fc.integer({ min: 1, max: 200 }), { minLength: 1 }), (sizes, cuts) => {
        const bytes = Buffer.concat(sizes.map(frame));
        const starts = sizes.map((_, i) => sizes.slice(0, i).reduce((sum, size) => sum + size + 5, 0));
        const meter = new FrameMeter();
        for (let at = 0, i = 0; at < bytes.length; i++) {
          const end = Math.min(bytes.length, at + (cuts[i % cuts.length] as number));
          const open = starts.findLast((start) => start < end) as number;
          const whole = end - open === 5 + (sizes[starts.indexOf(open)] as number);
          expect(meter.pass(bytes.subarray(at, end))).toBe(whole ? 0 : Math.max(0, end - open - 5));
          at = end;
        }
      }),
    );
  });
});
