'use strict';

// The page, from top to bottom.

const { report, meanings } = JSON.parse(document.getElementById('content').textContent);

// So many findings are shown, and so many of them unfolded, at first.
const FindingsAtFirst = 10, FindingsUnfolded = 3;

const main = document.querySelector('main');
const hosts = [...new Set(report.traces.map(trace => trace.header?.host ?? 'an unknown host'))];
const poolsWithLine = report.pools.filter(pool => pool.taken?.some(level => level >= 0));

function writeTop() {
  const begin = Date.parse(report.begin), end = Date.parse(report.end);
  const subject = hosts.length > 3 ? `${hosts.slice(0, 3).join(', ')} and ${hosts.length - 3} more` : hosts.join(', ');
  document.title = `SockTrace report: ${visible(subject)}`;
  document.getElementById('subject').append(
    element('strong', null, subject), ' ',
    element('span', null, `${Words.time(begin)} to ${Words.time(end).slice(begin - begin % 86400e3 === end - end % 86400e3 ? 11 : 0)} UTC`), ' ',
    element('span', null, `(${Words.duration((end - begin) * 1e6)})`));
}

function section(id, title, ...children) {
  const made = element('section', { id, 'aria-labelledby': `${id}-title` }, element('h2', { id: `${id}-title` }, title), children);
  main.append(made);
  return made;
}

function writeNotes() {
  if (report.notes.length === 0)
    return;
  section('notes', 'Before you believe the numbers',
    element('ul', null, report.notes.map(note => element('li', { class: 'note' }, note.text))));
}

function writeFigures() {
  const { connections, lost } = report;
  const seconds = Math.max(1, (Date.parse(report.end) - Date.parse(report.begin)) / 1000);
  const timeWait = Math.max(-1, ...report.time_line.time_wait);
  const allLost = lost.ring + lost.kernel + lost.queue + lost.table;
  const figure = (name, value, more, isBad) => element('div', { class: isBad ? 'bad' : null }, element('dt', null, name), element('dd', null, element('b', null, value), more && element('span', null, more)));
  main.append(element('dl', { class: 'figures', 'aria-label': 'In numbers' },
    figure('opened', Words.count(report.opened), `${Words.number(report.opened / seconds)} a second`),
    figure('closed', Words.count(connections.closed), `${Words.count(report.open_at_end)} open at the end`),
    figure('failed', Words.count(connections.failed), Words.share(connections.failed, connections.closed), connections.failed > 0),
    figure('without a port', Words.count(report.port_exhausted), 'EADDRNOTAVAIL', report.port_exhausted > 0),
    figure('in TIME_WAIT at most', timeWait < 0 ? 'unknown' : Words.count(timeWait), timeWait < 0 ? 'nobody looked' : 'at once'),
    figure('events lost', Words.count(allLost), allLost > 0 ? 'see the notes' : 'that the tracer knows of', allLost > 0)));
}

function writeFindings() {
  const { findings } = report;
  if (findings.length === 0) {
    section('findings', 'Findings',
      element('p', { class: 'good' }, 'None: no pool was near its end, and no more connections failed than usual.'));
    return;
  }
  const list = element('ol', { class: 'findings' });
  const more = element('button', { type: 'button', class: 'more', hidden: findings.length <= FindingsAtFirst }, `Show all ${Words.count(findings.length)} findings`);
  section('findings', 'Findings', element('p', { class: 'lead' }, tally(findings)), list, more);
  findings.slice(0, FindingsAtFirst).forEach((finding, i) => addFinding(list, finding, i < FindingsUnfolded));
  more.addEventListener('click', () => {
    findings.slice(FindingsAtFirst).forEach(finding => addFinding(list, finding, false));
    more.hidden = true;
    list.children[FindingsAtFirst].querySelector('summary').focus();
  });
}

function tally(findings) {
  const counts = ['critical', 'warning', 'info'].map(severity => findings.filter(finding => finding.severity === severity).length);
  const words = [`${counts[0]} critical`, Words.plural(counts[1], 'warning'), `${counts[2]} worth knowing`];
  return words.filter((_, i) => counts[i] > 0).join(', ');
}

// What is folded costs nothing until it is looked at.
function addFinding(list, finding, isUnfolded) {
  const fold = element('details', { class: 'fold', open: isUnfolded },
    element('summary', null, element('span', { class: 'severity' }, finding.severity), element('h3', null, finding.title), element('code', null, finding.id)));
  list.append(element('li', { class: `finding ${finding.severity}` }, fold));
  if (isUnfolded)
    fillFinding(fold, finding);
  else
    fold.addEventListener('toggle', () => fillFinding(fold, finding), { once: true });
}

function fillFinding(fold, finding) {
  const pool = poolOf(finding);
  const body = element('div', { class: 'body' });
  const words = element('div', { class: 'words' }, element('p', null, finding.text));
  if (finding.advice.length > 0)
    words.append(element('h4', null, 'What to do, in this order'), element('ol', { class: 'advice' }, finding.advice.map(advice => element('li', null, advice))));
  words.append(element('details', { class: 'evidence' }, element('summary', null, 'Evidence'),
    element('dl', null, Object.entries(finding.evidence).map(([name, value]) => element('div', null, element('dt', null, name), element('dd', null, showEvidence(name, value)))))));
  body.append(...pool ? [poolFacts(pool)] : [], words);
  fold.append(body);
  if (pool && poolsWithLine.includes(pool))
    addPoolFigure(body, pool);
}

function showEvidence(name, value) {
  if (typeof value !== 'number')
    return value;
  // A port and an inode number are names that happen to be numbers.
  return name.endsWith('_ns') ? Words.duration(value) : name === 'rport' || name === 'netns' ? String(value) : Words.number(value);
}

const poolOf = finding => finding.id.startsWith('pool-')
  ? report.pools.find(pool => ['host', 'netns', 'laddr', 'raddr', 'rport'].every(name => pool[name] === finding.evidence[name])) : undefined;

const poolName = pool => `${pool.laddr} → ${Words.end(pool.raddr, pool.rport)}`;

// Who burns which pool, and when it runs out.
function poolFacts(pool) {
  const fact = (name, ...value) => element('div', null, element('dt', null, name), element('dd', null, value));
  const rate = pool.opened_per_second_max ?? pool.connections_per_second;
  const bears = pool.sustainable_per_second;
  return element('dl', { class: 'facts' },
    fact('who', pool.comm ?? '(unknown)'),
    fact('toward', Words.end(pool.raddr, pool.rport), element('small', null, ` from ${pool.laddr}${hosts.length > 1 ? ` on ${pool.host}` : ''}`)),
    pool.taken_max == null ? null : fact('taken at most', Words.count(pool.taken_max),
      pool.size == null ? null : element('small', null, ` of ${Words.count(pool.size)}`), poolMeter(pool)),
    fact('speed', `${Words.number(rate)} /s`, bears == null ? null : element('small', null, ` opened; it bears ${Words.number(bears)} /s`)),
    fact('runs out', runsOut(pool)));
}

function runsOut(pool) {
  if (pool.port_exhausted > 0)
    return `it did: ${Words.plural(pool.port_exhausted, 'connect()')} failed`;
  return pool.empty_in_ns_min == null ? 'not foreseen' : `in ${Words.duration(pool.empty_in_ns_min)}, at its closest`;
}

const poolMeter = pool => pool.size > 0 && pool.taken_max != null
  ? makeMeter([Math.min(pool.time_wait_max ?? 0, pool.taken_max) / pool.size, 'time-wait'], [Math.max(0, pool.taken_max - (pool.time_wait_max ?? 0)) / pool.size, 'live']) : null;

// Charts take their size from the page, so the parent must be in it.
function addPoolFigure(parent, pool) {
  const figure = element('figure', null, element('figcaption', null, 'Ports over time',
    legend(['in TIME_WAIT', 'time-wait'], ['connections', 'live'], ...isNearlyFull(pool) ? [['size of the pool', 'critical dashed']] : [])));
  parent.append(figure);
  poolChart(figure, report, pool);
}

function legend(...entries) {
  return element('span', { class: 'legend' }, entries.map(([text, name]) => element('span', null, swatch(name), text)));
}

const swatch = name => element('i', { class: `swatch ${name}`, 'aria-hidden': 'true' });

function writeTimeLine() {
  const line = report.time_line;
  if (line.opened.length === 0)
    return;
  const made = section('time', 'Over time');
  const row = element('div', { class: 'pair' });
  made.append(row);
  const step = line.step_ns * mergedSteps(line);
  const counts = element('figure', null, element('figcaption', null, `Connections per ${step === 1e9 ? 'second' : Words.roundDuration(step)}`, legend(['opened', 'opened'], ['closed', 'closed'], ['failed', 'critical'])));
  row.append(counts);
  timeLineChart(counts, report, [
    { label: 'opened', values: line.opened, name: 'opened', isFilled: true },
    { label: 'closed', values: line.closed, name: 'closed', dash: [4, 3] },
    { label: 'failed', values: line.failed, name: 'critical' },
  ], 'connections', false);
  if ([...line.live, ...line.time_wait].every(level => level < 0))
    return;
  const levels = element('figure', null, element('figcaption', null, 'Sockets that existed at once', legend(['live', 'live'], ['in TIME_WAIT', 'time-wait'])));
  row.append(levels);
  timeLineChart(levels, report, [
    { label: 'live', values: line.live, name: 'live' },
    { label: 'in TIME_WAIT', values: line.time_wait, name: 'time-wait', isFilled: true },
  ], 'sockets', true);
}

function writePools() {
  const { pools } = report;
  if (pools.length === 0)
    return;
  const made = section('pools', 'Pools of local ports',
    element('p', { class: 'lead' }, 'The ports usable toward one destination from one address. A connection that this side closes first keeps its port for 60 s more, in TIME_WAIT.'));
  const chosen = element('div', { class: 'chosen' });
  const choose = pool => {
    chosen.replaceChildren(element('h3', { role: 'status' }, poolName(pool)));
    addPoolFigure(chosen, pool);
  };
  const several = hosts.length > 1;
  const number = (title, of, more) => ({ title, of, isNumber: true, ...more });
  made.append(makeTable('Pools of local ports', [
    { title: 'pool', of: poolName, show: pool => poolsWithLine.includes(pool) && poolsWithLine.length > 1 ? poolButton(pool, choose) : poolName(pool) },
    ...several ? [{ title: 'host', of: pool => pool.host }] : [],
    { title: 'mostly of', of: pool => pool.comm },
    number('used', pool => pool.size && pool.taken_max != null ? pool.taken_max / pool.size : null, {
      show: pool => pool.size && pool.taken_max != null ? element('span', { class: 'use' }, poolMeter(pool), Words.share(pool.taken_max, pool.size)) : '',
    }),
    number('taken', pool => pool.taken_max),
    number('TIME_WAIT', pool => pool.time_wait_max),
    number('size', pool => pool.size),
    number('opened/s', pool => pool.opened_per_second_max ?? pool.connections_per_second, { show: pool => Words.number(pool.opened_per_second_max ?? pool.connections_per_second) }),
    number('bears/s', pool => pool.sustainable_per_second, { show: pool => Words.number(pool.sustainable_per_second) }),
    number('runs out in', pool => pool.port_exhausted > 0 ? 0 : pool.empty_in_ns_min, { show: pool => pool.port_exhausted > 0 ? 'ran out' : Words.duration(pool.empty_in_ns_min) }),
    number('connections', pool => pool.connections),
    number('without a port', pool => pool.port_exhausted),
  ], pools));
  if (poolsWithLine.length > 0) {
    made.append(chosen);
    choose(poolsWithLine[0]);
  }
}

function poolButton(pool, choose) {
  const button = element('button', { type: 'button', class: 'link', title: 'Show over time, below' }, poolName(pool));
  button.addEventListener('click', () => choose(pool));
  return button;
}

function writeTimes() {
  const names = Object.keys(report.metrics);
  if (names.length === 0)
    return;
  // The first of these are what most people come for; the others are checked when wanted.
  const usual = ['connect', 'established', 'lifetime', 'time_wait', 'reuse_gap'];
  const colored = [...usual, ...names.filter(name => !usual.includes(name))];
  const metrics = names.map(name => {
    const i = colored.indexOf(name);
    return { name, distribution: report.metrics[name], line: Charts.Lines[i % Charts.Lines.length], isDashed: i >= Charts.Lines.length, isChosen: usual.includes(name) };
  });
  let curves = null;
  const choice = metric => {
    const box = element('input', { type: 'checkbox', checked: metric.isChosen, 'aria-label': `${metric.name} in the chart` });
    box.addEventListener('change', () => {
      metric.isChosen = box.checked;
      Charts.redraw(curves);
    });
    return element('label', { class: 'choice' }, box, swatch(metric.line + (metric.isDashed ? ' dashed' : '')), element('span', null, metric.name), element('small', null, meanings[metric.name]));
  };
  const duration = (title, name) => ({ title, isNumber: true, of: metric => metric.distribution[name], show: metric => Words.duration(metric.distribution[name]) });
  const made = section('times', 'Times', makeTable('Times', [
    { title: 'time', of: metric => metric.name, show: choice },
    { title: 'count', isNumber: true, of: metric => metric.distribution.count },
    duration('min', 'min_ns'), duration('mean', 'mean_ns'), duration('p50', 'p50_ns'), duration('p90', 'p90_ns'), duration('p99', 'p99_ns'), duration('p99.9', 'p999_ns'), duration('max', 'max_ns'),
  ], metrics));
  const inferred = report.metrics.time_wait?.inferred;
  if (inferred > 0)
    made.append(element('p', { class: 'lead' }, `${Words.count(inferred)} of the ${Words.count(report.metrics.time_wait.count)} TIME_WAITs were inferred and not measured.`));
  const figure = element('figure', { class: 'tall' }, element('figcaption', null, 'Percentiles of the times that are checked above'));
  made.append(figure);
  curves = percentileChart(figure, () => metrics.filter(metric => metric.isChosen));

  const histograms = element('div', { class: 'histograms' });
  made.append(element('h3', null, 'Histograms'), histograms);
  for (const metric of metrics) {
    const { distribution } = metric;
    const small = element('figure', { class: 'small' }, element('figcaption', null, element('b', null, metric.name), element('span', null, meanings[metric.name]),
      element('small', null, `p50 ${Words.duration(distribution.p50_ns)} · p99 ${Words.duration(distribution.p99_ns)} · max ${Words.duration(distribution.max_ns)}`)));
    histograms.append(small);
    histogramChart(small, metric.name, meanings[metric.name], distribution, metric.line);
  }
}

function writeGroups() {
  for (const grouping of report.groups) {
    const count = (title, of) => ({ title, isNumber: true, of });
    const pair = name => [['p50', 'p50_ns'], ['p99', 'p99_ns']].map(([title, field]) => ({
      title, group: name, isNumber: true, of: group => group.metrics[name]?.[field], show: group => Words.duration(group.metrics[name]?.[field]),
    }));
    const bytes = (title, of) => ({ title, isNumber: true, of, show: group => Words.bytes(of(group)) });
    const rows = [...grouping.groups, ...grouping.others ? [{ ...grouping.others, isOthers: true }] : []];
    section(`by-${grouping.by}`, `By ${grouping.by}`, makeTable(`Connections by ${grouping.by}`, [
      { title: grouping.by, of: group => group.key },
      count('closed', group => group.connections.closed),
      count('failed', group => group.connections.failed),
      count('TIME_WAIT', group => sum(group.connections.time_waits)),
      ...pair('connect'), ...pair('established'), ...pair('lifetime'),
      count('sent again', group => group.connections.retransmits),
      bytes('sent', group => group.connections.bytes_sent),
      bytes('received', group => group.connections.bytes_received),
    ], rows));
  }
}

const sum = counts => Object.values(counts).reduce((all, count) => all + count, 0);

function writeConnections() {
  const { connections } = report;
  const breakdown = (title, counts) => {
    const entries = Object.entries(counts).sort((a, b) => b[1] - a[1]);
    const all = sum(counts);
    return entries.length === 0 ? null : element('table', { class: 'breakdown' }, element('caption', null, title),
      element('tbody', null, entries.map(([name, count]) => element('tr', null, element('th', { scope: 'row' }, name), element('td', { class: 'number' }, Words.count(count)),
        element('td', { class: 'number' }, Words.share(count, all)), element('td', { class: 'bar' }, makeMeter([count / all, 'plain']))))));
  };
  section('connections', 'Connections', element('div', { class: 'breakdowns' },
    breakdown('Why they ended', connections.by_reason), breakdown('Who closed', connections.by_closer),
    breakdown('Role', connections.by_role), breakdown('How TIME_WAIT ended', connections.time_waits)),
  element('p', { class: 'lead' }, `${Words.bytes(connections.bytes_sent)} sent, ${Words.bytes(connections.bytes_received)} received; `
    + `${Words.plural(connections.retransmits, 'segment')} sent again, on ${Words.plural(connections.retransmitting, 'connection')}.`));
}

function writeTraces() {
  const number = (title, of, show) => ({ title, isNumber: true, of, show: show && (trace => show(of(trace))) });
  const setting = (title, name) => ({ title, of: trace => trace.header?.[name] === '' ? null : trace.header?.[name] });
  section('traces', 'Traces', makeTable('Traces', [
    { title: 'file', of: trace => trace.files.map(name => name === '-' ? 'standard input' : name).join(', ') },
    setting('host', 'host'), setting('kernel', 'kernel'), setting('source', 'source'), setting('TIME_WAIT', 'time_wait'),
    { title: 'begin, UTC', of: trace => Words.time(Date.parse(trace.begin)) },
    number('length', trace => trace.duration_ns, Words.duration),
    number('lines', trace => trace.lines),
    number('unreadable', trace => trace.malformed),
    number('lost', trace => sum(trace.lost)),
    { title: 'ended', of: trace => trace.is_complete ? 'yes' : 'no' },
    setting('filters', 'filters'),
  ], report.traces), element('h3', null, 'Settings of the kernel'), makeTable('Settings of the kernel', [
    setting('host', 'host'), setting('ip_local_port_range', 'port_range'), setting('ip_local_reserved_ports', 'reserved_ports'),
    setting('tcp_tw_reuse', 'tw_reuse'), setting('tcp_fin_timeout', 'fin_timeout_s'), setting('tcp_max_tw_buckets', 'max_tw_buckets'),
  ], report.traces.filter(trace => trace.header)));
}

function writeFooter() {
  document.querySelector('footer').append(
    element('p', null, `Made by socktrace ${report.version} from ${Words.plural(report.traces.length, 'trace')}. This page is one file and loads nothing. Times are UTC.`),
    element('details', null, element('summary', null, `Charts: Chart.js ${Chart.version}, MIT licence`), element('pre', null, document.getElementById('licence').textContent)));
}

function writeNavigation() {
  const nav = document.querySelector('nav');
  nav.append(...[...main.querySelectorAll('section')].map(made => element('a', { href: '#' + made.id }, made.querySelector('h2').textContent)));
  nav.hidden = false;
}

function followTheme() {
  const dark = matchMedia('(prefers-color-scheme: dark)');
  const button = document.getElementById('theme');
  const isDark = () => document.documentElement.dataset.theme ? document.documentElement.dataset.theme === 'dark' : dark.matches;
  const show = () => {
    button.textContent = isDark() ? 'Light' : 'Dark';
    Charts.redrawAll();
  };
  button.addEventListener('click', () => {
    document.documentElement.dataset.theme = isDark() ? 'light' : 'dark';
    show();
  });
  dark.addEventListener('change', show);
  button.textContent = isDark() ? 'Light' : 'Dark';
  button.hidden = false;
}

// On paper nothing can be unfolded any more.
function followPrinting() {
  let unfolded = [];
  addEventListener('beforeprint', () => {
    unfolded = [...main.querySelectorAll('details.fold:not([open])')];
    for (const fold of unfolded) {
      fold.open = true;
      fold.dispatchEvent(new Event('toggle')); // The browser's own comes when the sheet is printed.
    }
    Charts.beforePrint();
  });
  addEventListener('afterprint', () => {
    for (const fold of unfolded)
      fold.open = false;
    Charts.afterPrint();
  });
}

writeTop();
writeNotes();
writeFigures();
writeFindings();
writeTimeLine();
writePools();
writeTimes();
writeGroups();
writeConnections();
writeTraces();
writeFooter();
writeNavigation();
followTheme();
followPrinting();
// For who waits for it: all charts are drawn.
document.documentElement.dataset.drawn = '';
