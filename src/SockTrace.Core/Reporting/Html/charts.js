'use strict';

// Charts, by Chart.js. They are drawn at once, in the page's colours, and again when those change.

// On paper the widths are those of the sheet, not of the window; A4 and Letter, CSS pixels.
const SheetWidth = 680;

Chart.defaults.animation = false;
Chart.defaults.maintainAspectRatio = false;
Chart.defaults.interaction = { mode: 'nearest', axis: 'x', intersect: false };
Chart.defaults.plugins.legend.display = false;
Chart.defaults.elements.point.radius = 0;
Chart.defaults.elements.point.hitRadius = 8;
Chart.defaults.elements.line.borderWidth = 2;
Chart.defaults.font.family = getComputedStyle(document.body).fontFamily;

const Charts = {
  _all: [],

  // A figure with a chart in it. `configure(color)` makes the chart's data and scales, where
  // color('name') is the page's --name, translucent with a second argument below 1.
  // `label` says to who cannot see it what there is to be seen.
  add(figure, label, configure) {
    const canvas = element('canvas', { role: 'img', 'aria-label': label });
    const box = element('div', { class: 'canvas' }, canvas);
    figure.append(box);
    const entry = { canvas, box, configure, chart: null, printing: null };
    Charts._all.filter(other => !other.canvas.isConnected).forEach(gone => gone.chart.destroy());
    Charts._all = [...Charts._all.filter(other => other.canvas.isConnected), entry];
    Charts._draw(entry);
    return entry;
  },

  // Again, with what `configure` gives now.
  redraw(entry) {
    Charts._draw(entry);
  },

  redrawAll() {
    Charts._all.forEach(Charts._draw);
  },

  // Paper is white, sharper than screens, and narrower.
  beforePrint() {
    document.documentElement.dataset.printing = '';
    for (const entry of Charts._all) {
      const [width, height] = entry.box.closest('.small') ? [SheetWidth * 0.46, 110] : entry.box.closest('.tall') ? [SheetWidth, 270] : [SheetWidth, 150];
      entry.printing = { width, height };
      Charts._draw(entry);
    }
  },

  afterPrint() {
    delete document.documentElement.dataset.printing;
    for (const entry of Charts._all) {
      entry.printing = null;
      entry.box.style.width = '';
      Charts._draw(entry);
    }
  },

  _draw(entry) {
    const color = Charts._colors();
    const { datasets, x, y, tooltip } = entry.configure(color);
    const axis = { ticks: { color: color('muted'), maxRotation: 0 }, title: { color: color('muted'), display: true }, grid: { color: color('grid'), borderColor: color('border') } };
    entry.chart?.destroy();
    entry.box.style.width = entry.printing ? entry.printing.width + 'px' : '';
    entry.chart = new Chart(entry.canvas, {
      type: 'line',
      data: { datasets },
      options: {
        responsive: !entry.printing,
        devicePixelRatio: entry.printing ? 2 : undefined,
        scales: { x: merge(axis, x), y: merge(axis, y) },
        plugins: { tooltip: { usePointStyle: true, boxPadding: 4, ...tooltip } },
      },
    });
    if (entry.printing)
      entry.chart.resize(entry.printing.width, entry.printing.height);
  },

  // The page's own colours: what var(--name) comes to here and now.
  _colors() {
    const probe = element('span', { hidden: true });
    document.body.append(probe);
    const known = {};
    for (const name of ['muted', 'grid', 'border', 'critical', 'opened', 'closed', 'live', 'time-wait', ...Charts.Lines]) {
      probe.style.color = `var(--${name})`;
      known[name] = getComputedStyle(probe).color;
    }
    probe.remove();
    return (name, opacity = 1) => known[name].replace(/^rgb\((.*)\)$/, `rgba($1, ${opacity})`);
  },

  Lines: ['line-1', 'line-2', 'line-3', 'line-4', 'line-5', 'line-6'],
};

function merge(base, more) {
  const merged = { ...base, ...more };
  for (const key of ['ticks', 'title', 'grid'])
    merged[key] = { ...base[key], ...more?.[key] };
  return merged;
}

// An axis of durations from a nanosecond to months.
function durationAxis(min, max, more) {
  return {
    type: 'logarithmic', min, max,
    afterBuildTicks: scale => { scale.ticks = durationTicks(min, max).map(value => ({ value })); },
    ...more,
    ticks: { callback: value => Words.roundDuration(value), autoSkip: true, autoSkipPadding: 12, ...more?.ticks },
  };
}

// Powers of ten; where that is too few, their 1-2-5 parts; where that is too, even steps.
function durationTicks(min, max) {
  const within = values => values.filter(value => value >= min * 0.999 && value <= max * 1.001);
  const powers = [];
  for (let power = Math.floor(Math.log10(min)); power <= Math.ceil(Math.log10(max)); power++)
    powers.push(10 ** power);
  let ticks = within(powers);
  if (ticks.length < 3)
    ticks = within(powers.flatMap(power => [power, 2 * power, 5 * power]));
  if (ticks.length < 3) {
    const step = niceStep((max - min) / 4);
    ticks = [];
    for (let value = Math.ceil(min / step) * step; value <= max * 1.000001; value += step)
      ticks.push(value);
  }
  return ticks;
}

function niceStep(atLeast) {
  const power = 10 ** Math.floor(Math.log10(atLeast));
  return [1, 2, 5, 10].map(factor => factor * power).find(step => step >= atLeast * 0.999);
}

// An axis of percentiles on which 90, 99 and 99.9 are as far from each other: 1 / (1 - quantile), as logarithm.
function percentileAxis(max) {
  const ticks = [];
  for (let value = 10; value <= max * 1.001; value *= 10)
    ticks.push({ value });
  return {
    type: 'logarithmic', min: 1, max,
    title: { text: 'percentile' },
    afterBuildTicks: scale => { scale.ticks = [{ value: 1 }, { value: 2 }, ...ticks]; },
    ticks: { callback: showPercentile, autoSkip: false },
  };
}

function showPercentile(value) {
  const percentile = 100 * (1 - 1 / value);
  return Number(percentile.toFixed(Math.max(0, Math.ceil(Math.log10(value) - 1.999)))) + '';
}

const TimeSteps = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200, 86400, 172800, 604800, 1209600, 2592000, 7776000];

// An axis of seconds since 1970. Its labels are UTC, and no longer than they must be.
function timeAxis(begin, end) {
  const steps = width => TimeSteps.find(step => step >= (end - begin) / Math.max(2, width / 90)) ?? TimeSteps.at(-1);
  return {
    type: 'linear', min: begin, max: end,
    title: { text: `${Words.time(begin * 1000).slice(0, 10)}, UTC` },
    afterBuildTicks: scale => {
      const step = steps(scale.width || scale.chart.width);
      scale.ticks = [];
      for (let value = Math.ceil(begin / step) * step; value <= end; value += step)
        scale.ticks.push({ value, step });
    },
    ticks: {
      autoSkip: true,
      callback: (value, index, ticks) => {
        const step = ticks.length > 1 ? ticks[1].value - ticks[0].value : 1;
        const text = Words.time(value * 1000);
        return step >= 86400 ? text.slice(0, 10) : end - begin > 86400 ? text.slice(5, 16) : step >= 60 ? text.slice(11, 16) : text.slice(11);
      },
    },
  };
}

const countAxis = text => ({ type: 'linear', beginAtZero: true, title: { text }, ticks: { precision: 0, callback: value => Words.number(value), maxTicksLimit: 6 } });

// More steps than this are a thicket: so many neighbours are counted together.
const StepsAtMost = 180;

const mergedSteps = line => Math.ceil(line.opened.length / StepsAtMost);

// Counts of a time line as a line with steps: each holds for its whole step.
function steppedPoints(line, counts) {
  const { begin, step } = timesOf(line);
  const merged = mergedSteps(line);
  const points = [];
  for (let i = 0; i < counts.length; i += merged)
    points.push({ x: begin + i * step, y: counts.slice(i, i + merged).reduce((all, count) => all + count, 0) });
  points.push({ x: begin + counts.length * step, y: points.at(-1)?.y ?? 0 });
  return points;
}

// Levels of a time line. Nobody looked at every step (-1): a gap is one where there is none for
// three times as long as usual.
function levelPoints(line, levels) {
  const { begin, step } = timesOf(line);
  const seen = [];
  levels.forEach((y, i) => {
    if (y >= 0)
      seen.push({ x: begin + i * step, y });
  });
  const distances = seen.slice(1).map((point, i) => point.x - seen[i].x).sort((a, b) => a - b);
  const usual = distances[distances.length >> 1] ?? 0;
  return seen.flatMap((point, i) => i > 0 && point.x - seen[i - 1].x > 3 * usual ? [{ x: point.x, y: null }, point] : [point]);
}

function timesOf(line) {
  return { begin: Date.parse(line.begin) / 1000, step: line.step_ns / 1e9 };
}

// Few points are shown as such: a line between two is not what was seen.
const pointRadius = points => points.length === 1 ? 5 : points.length <= 40 ? 2.5 : 0;

function timeTooltip() {
  return { callbacks: { title: items => items.length > 0 ? Words.time(items[0].parsed.x * 1000) + ' UTC' : '', label: item => ` ${item.dataset.label}: ${Words.count(item.parsed.y)}` } };
}

// How a pool filled: what is in TIME_WAIT, what connections have above it, and where it ends.
function poolChart(figure, report, pool) {
  const line = report.time_line;
  const taken = levelPoints(line, pool.taken), timeWait = levelPoints(line, pool.time_wait);
  const { begin, step } = timesOf(line);
  const end = begin + Math.max(1, line.opened.length - 1) * step;
  const label = `Ports taken over time toward ${poolName(pool)}: at most ${Words.count(pool.taken_max)}`
    + `${pool.size ? ` of ${Words.count(pool.size)}` : ''}, of them ${Words.count(pool.time_wait_max)} in TIME_WAIT.`;
  return Charts.add(figure, label, color => ({
    x: timeAxis(begin, end),
    y: { ...countAxis('ports'), suggestedMax: isNearlyFull(pool) ? pool.size * 1.08 : Math.max(4, pool.taken_max * 1.15) },
    tooltip: timeTooltip(),
    datasets: [
      { label: 'in TIME_WAIT', data: timeWait, borderColor: color('time-wait'), backgroundColor: color('time-wait', 0.35), fill: 'origin', pointRadius: pointRadius(timeWait), pointBackgroundColor: color('time-wait'), order: 1 },
      { label: 'taken', data: taken, borderColor: color('live'), backgroundColor: color('live', 0.2), fill: '-1', pointRadius: pointRadius(taken), pointBackgroundColor: color('live'), order: 2 },
      ...(isNearlyFull(pool) ? [{ label: 'in the pool', data: [{ x: begin, y: pool.size }, { x: end, y: pool.size }], borderColor: color('critical'), borderDash: [6, 4], borderWidth: 1.5, order: 0 }] : []),
    ],
  }));
}

// Whether the pool's end is in sight: a line far above would press all others to the ground.
const isNearlyFull = pool => pool.size > 0 && pool.taken_max >= pool.size / 4;

// Several series of the time line in one chart: { label, values, name (of a colour), isFilled, dash }.
function timeLineChart(figure, report, series, unit, isLevel) {
  const line = report.time_line;
  const { begin, step } = timesOf(line);
  const end = begin + line.opened.length * step;
  const drawn = series.map(one => ({ ...one, points: isLevel ? levelPoints(line, one.values) : steppedPoints(line, one.values) }));
  const summary = drawn.map(({ label, points }) => `${label} at most ${Words.count(Math.max(0, ...points.map(point => point.y)))}`).join(', ');
  return Charts.add(figure, `${unit} over time: ${summary}.`, color => ({
    x: timeAxis(begin, end),
    y: countAxis(unit),
    tooltip: timeTooltip(),
    datasets: drawn.map(({ label, points, name, isFilled, dash }) => ({
      label, data: points, borderColor: color(name), backgroundColor: color(name, 0.18), fill: isFilled ? 'origin' : false, borderDash: dash,
      borderWidth: 1.75, stepped: isLevel ? false : 'before', pointRadius: isLevel ? pointRadius(points) : 0, pointBackgroundColor: color(name),
    })),
  }));
}

// A line for each metric that is chosen: { name, distribution, line (of Charts.Lines), isDashed }.
function percentileChart(figure, chosen) {
  return Charts.add(figure, 'Percentile curves of the times that are checked in the table above. The table has the numbers.', color => {
    const metrics = chosen();
    const curves = metrics.map(metric => percentilePoints(metric.distribution));
    const all = curves.flat();
    const [low, high] = all.length > 0 ? [Math.min(...all.map(point => point.y)), Math.max(...all.map(point => point.y))] : [1e3, 1e9];
    return {
      x: percentileAxis(Math.max(10, ...all.map(point => point.x))),
      y: durationAxis(10 ** Math.floor(Math.log10(low)), 10 ** Math.ceil(Math.log10(high * 1.001)), { title: { text: 'time' } }),
      tooltip: { callbacks: { title: items => items.length > 0 ? `percentile ${showExactPercentile(items[0].raw.percentile)}` : '', label: item => ` ${item.dataset.label}: ${Words.duration(item.parsed.y)}` } },
      datasets: metrics.map((metric, i) => ({ label: metric.name, data: curves[i], borderColor: color(metric.line), backgroundColor: color(metric.line), borderDash: metric.isDashed ? [5, 4] : [] })),
    };
  });
}

// The last, the 100th, is at the place of the largest value: one in so many.
function percentilePoints(distribution) {
  const points = distribution.percentiles.filter(([percentile]) => percentile < 100)
    .map(([percentile, ns]) => ({ x: 1 / (1 - percentile / 100), y: Math.max(1, ns), percentile }));
  const last = points.at(-1)?.x ?? 1;
  points.push({ x: Math.max(last, distribution.count), y: Math.max(1, distribution.max_ns), percentile: 100 });
  return points;
}

const showExactPercentile = percentile => Number(percentile.toFixed(4)) + '';

// The area under the outline of each bucket from its one end to the other.
function histogramChart(figure, name, meaning, distribution, line) {
  const { buckets } = distribution;
  const min = Math.max(1, buckets[0][0]) / 1.05, max = buckets.at(-1)[1] * 1.05;
  const points = [];
  for (const [from, below, count] of buckets) {
    const left = Math.max(1, from) === from ? from : min;
    const bucket = { from, below, count };
    points.push({ x: left, y: 0, bucket }, { x: left, y: count, bucket }, { x: below, y: count, bucket }, { x: below, y: 0, bucket });
  }
  const label = `Histogram of ${name}, ${meaning}: ${Words.plural(distribution.count, 'value')}, half of them up to ${Words.duration(distribution.p50_ns)}, `
    + `99 of 100 up to ${Words.duration(distribution.p99_ns)}, the largest ${Words.duration(distribution.max_ns)}.`;
  return Charts.add(figure, label, color => ({
    x: durationAxis(min, max, { title: { display: false } }),
    y: { ...countAxis(''), title: { display: false }, ticks: { ...countAxis('').ticks, maxTicksLimit: 4 } },
    tooltip: {
      filter: (item, index) => index === 0,
      callbacks: {
        title: items => items.length > 0 ? `${Words.duration(items[0].raw.bucket.from)} to ${Words.duration(items[0].raw.bucket.below)}` : '',
        label: item => ` ${Words.count(item.raw.bucket.count)} of ${Words.count(distribution.count)}`,
      },
    },
    datasets: [{ label: name, data: points, borderColor: color(line), backgroundColor: color(line, 0.45), borderWidth: 1, fill: 'origin' }],
  }));
}
