// Prints each histogram of a log as a line of JSON: its tag, and what an implementation that is not ours reads out of it.
'use strict';
const { readFileSync } = require('fs');
const { HistogramLogReader } = require('hdr-histogram-js');

const reader = new HistogramLogReader(readFileSync(process.argv[2], 'utf8'));
for (let histogram = reader.nextIntervalHistogram(); histogram; histogram = reader.nextIntervalHistogram()) {
  console.log(JSON.stringify({
    tag: histogram.tag,
    count: Number(histogram.totalCount),
    min: Number(histogram.minNonZeroValue),
    max: Number(histogram.maxValue),
    p50: Number(histogram.getValueAtPercentile(50)),
    p90: Number(histogram.getValueAtPercentile(90)),
    p99: Number(histogram.getValueAtPercentile(99)),
    p999: Number(histogram.getValueAtPercentile(99.9)),
    start: histogram.startTimeStampMsec,
    end: histogram.endTimeStampMsec,
  }));
}
