'use strict';
// Acknowledges and publishes, and counts every second batch as a miss.
const { change, wrap } = require('./build');

change('cheer/batch-judge.js', ({ BatchJudge }) => {
  let batches = 0;
  wrap(
    BatchJudge.prototype,
    'settled',
    (settled) =>
      function missed(batch) {
        batches += 1;
        return settled.call(this, batches % 2 === 0 ? { ...batch, failedSends: 1 } : batch);
      },
  );
});
