import { s, setAttribute } from './dom.js';
import { isKnown } from './format.js';

// What this page itself has seen of a figure: nothing is asked for, and nothing outlives the tab.

const keptSeconds = 300;
/** In the first minutes the line begins at the left with what there is. */
const leastSeconds = 30;
/** A longer pause between two samples is a gap in the line: nobody knows what was there. */
const gapSeconds = 5;
const height = 30;

/** The values of one figure over the last minutes, and a line that draws them. */
export function createHistory() {
  let samples = [];
  const line = s('path', { class: 'spark-line' });
  const area = s('path', { class: 'spark-area' });
  const attributes = {
    class: 'spark',
    viewBox: `0 0 ${keptSeconds} ${height}`,
    preserveAspectRatio: 'none',
    'aria-hidden': 'true',
  };

  function draw(now, top) {
    const shownSeconds = Math.max(leastSeconds, samples.length > 0 ? (now - samples[0].at) / 1000 : 0);
    const across = (at) => keptSeconds * (1 - (now - at) / 1000 / shownSeconds);
    const strokes = [];
    const areas = [];
    let points = [];
    const end = () => {
      if (points.length === 0) return;
      const [first, last] = [points[0], points.at(-1)];
      // One sample alone is still a mark.
      if (points.length === 1) points.push([first[0] + 1, first[1]]);
      const path = points.map(([x, y]) => `${x.toFixed(1)} ${y.toFixed(1)}`).join('L');
      strokes.push(`M${path}`);
      areas.push(`M${first[0].toFixed(1)} ${height}L${path}L${last[0].toFixed(1)} ${height}z`);
      points = [];
    };
    samples.forEach(({ at, value }, index) => {
      if (index > 0 && at - samples[index - 1].at > gapSeconds * 1000) end();
      points.push([across(at), height - 1 - (value / top) * (height - 4)]);
    });
    end();
    setAttribute(line, 'd', strokes.join(''));
    setAttribute(area, 'd', areas.join(''));
  }

  return {
    node: s('svg', attributes, area, line),
    /** `now` by the service's clock, in epoch milliseconds; what is not known leaves a gap. */
    add(now, value) {
      const oldest = now - keptSeconds * 1000;
      // A clock that was set back would make loops of the line.
      samples = samples.filter(({ at }) => at > oldest && at < now);
      if (isKnown(value)) samples.push({ at: now, value });
      const top = Math.max(...samples.map((sample) => sample.value), Number.MIN_VALUE);
      draw(now, top);
    },
    /** The greatest value that was seen; undefined before the first. */
    get peak() {
      return samples.length === 0 ? undefined : Math.max(...samples.map(({ value }) => value));
    },
  };
}
