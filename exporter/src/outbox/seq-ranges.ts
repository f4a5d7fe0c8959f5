/** Growing sequence numbers, kept as ranges: few of them, however many numbers. */
export class SeqRanges {
  /** First and last number of each range, and how many numbers are in those before it. */
  private readonly ranges: { readonly from: number; through: number; readonly before: number }[] = [];

  /** Numbers so far. */
  get count(): number {
    const last = this.ranges.at(-1);
    return last ? last.before + last.through - last.from + 1 : 0;
  }

  get first(): number | undefined {
    return this.ranges[0]?.from;
  }

  get last(): number | undefined {
    return this.ranges.at(-1)?.through;
  }

  /** `seq` must be greater than every number before. */
  add(seq: number): void {
    const last = this.ranges.at(-1);
    if (last && seq <= last.through) throw new RangeError('sequence numbers must grow');
    if (last?.through === seq - 1) last.through = seq;
    else this.ranges.push({ from: seq, through: seq, before: this.count });
  }

  /** 1 for the smallest number, 2 for the next; undefined for one that is not in it. */
  rank(seq: number): number | undefined {
    let low = 0;
    let high = this.ranges.length - 1;
    while (low <= high) {
      const middle = (low + high) >>> 1;
      const { from, through, before } = this.ranges[middle]!;
      if (seq < from) high = middle - 1;
      else if (seq > through) low = middle + 1;
      else return before + seq - from + 1;
    }
    return undefined;
  }

  /** What is missing of `from` to `through`, as ranges. */
  gaps(from: number, through: number): [number, number][] {
    const gaps: [number, number][] = [];
    let next = from;
    for (const range of this.ranges) {
      if (range.from > through) break;
      if (range.from > next) gaps.push([next, range.from - 1]);
      next = Math.max(next, range.through + 1);
    }
    if (next <= through) gaps.push([next, through]);
    return gaps;
  }
}
