'use strict';

// Tables that can be sorted and filtered.

// More rows than this are shown on demand.
const RowsAtFirst = 25;

// columns: { title, of: row => value, show: row => what to show (the value by default), isNumber, group }.
// A group is a heading above neighbouring columns. The first column names its row.
// A row with isOthers stays last, whatever it is sorted by.
function makeTable(caption, columns, rows) {
  const body = element('tbody');
  const headings = columns.map((column, index) => {
    const label = column.group ? `${column.group} ${column.title}` : null;
    const button = element('button', { type: 'button', 'aria-label': label }, column.title);
    button.addEventListener('click', () => sortBy(index));
    return element('th', { scope: 'col', class: column.isNumber ? 'number' : null }, button);
  });
  const table = element('table', null,
    element('caption', { class: 'unseen' }, caption),
    element('thead', null, groupRow(columns), element('tr', null, headings)),
    body);
  const scroll = element('div', { class: 'scroll', role: 'region', tabindex: 0, 'aria-label': `${caption}, table` }, table);
  const more = element('button', { type: 'button', class: 'more' });
  const filter = element('input', { type: 'search', placeholder: 'Filter', 'aria-label': `Filter: ${caption}`, autocomplete: 'off', spellcheck: 'false' });
  const status = element('p', { class: 'status', role: 'status' });

  const made = rows.map(row => ({ row, cells: null, text: null }));
  let shown = made;
  let isWhole = rows.length <= RowsAtFirst;
  let sortedBy = -1, isDescending = false;

  function sortBy(index) {
    const column = columns[index];
    // The largest first: that is what people look for in numbers.
    isDescending = sortedBy === index ? !isDescending : Boolean(column.isNumber);
    sortedBy = index;
    headings.forEach((heading, i) => i === index
      ? heading.setAttribute('aria-sort', isDescending ? 'descending' : 'ascending')
      : heading.removeAttribute('aria-sort'));
    made.sort((a, b) => compare(a.row, b.row, column));
    choose();
  }

  function compare(a, b, column) {
    if (a.isOthers || b.isOthers)
      return (a.isOthers ? 1 : 0) - (b.isOthers ? 1 : 0);
    const x = column.of(a), y = column.of(b);
    if (x == null || y == null)
      return (x == null ? 1 : 0) - (y == null ? 1 : 0); // What is not known stays below.
    const order = column.isNumber ? x - y : String(x).localeCompare(String(y), 'en', { numeric: true });
    return isDescending ? -order : order;
  }

  function choose() {
    const wanted = filter.value.trim().toLowerCase();
    shown = wanted === '' ? made : made.filter(entry => textOf(entry).includes(wanted));
    draw();
  }

  // Only names are filtered by: numbers would match by chance.
  function textOf(entry) {
    entry.text ??= columns.filter(column => !column.isNumber).map(column => visible(column.of(entry.row) ?? '')).join('\n').toLowerCase();
    return entry.text;
  }

  function draw() {
    const visibleRows = isWhole ? shown : shown.slice(0, RowsAtFirst);
    body.replaceChildren(...visibleRows.map(entry => entry.cells ??= rowOf(entry.row)));
    const hidden = shown.length - visibleRows.length;
    more.hidden = hidden === 0;
    more.textContent = `Show all ${Words.count(shown.length)} rows`;
    status.textContent = shown.length === 0 ? 'No row matches.'
      : hidden > 0 ? `${visibleRows.length} of ${Words.count(shown.length)} rows shown.` : '';
  }

  function rowOf(row) {
    return element('tr', { class: row.isOthers ? 'others' : null }, columns.map((column, index) => {
      const what = column.show ? column.show(row) : column.isNumber ? Words.count(column.of(row)) : column.of(row);
      return index === 0
        ? element('th', { scope: 'row' }, what)
        : element('td', { class: column.isNumber ? 'number' : null }, what);
    }));
  }

  filter.addEventListener('input', choose);
  more.addEventListener('click', () => {
    isWhole = true;
    draw();
    scroll.focus(); // The button is gone.
  });
  draw();
  return element('div', { class: 'table' },
    rows.length > RowsAtFirst ? filter : null, scroll,
    rows.length > RowsAtFirst ? element('div', { class: 'below' }, status, more) : null);
}

function groupRow(columns) {
  if (!columns.some(column => column.group))
    return null;
  const cells = [];
  for (let i = 0; i < columns.length;) {
    let end = i + 1;
    while (columns[i].group && end < columns.length && columns[end].group === columns[i].group)
      end++;
    cells.push(columns[i].group
      ? element('th', { colspan: end - i, scope: 'colgroup', class: 'group' }, columns[i].group)
      : element('td'));
    i = end;
  }
  return element('tr', { class: 'groups' }, cells);
}

// A share as a bar; the number stands beside it. Parts are drawn one after the other.
function makeMeter(...parts) {
  const meter = element('span', { class: 'meter', 'aria-hidden': 'true' });
  for (const [share, kind] of parts) {
    const bar = element('span', { class: kind });
    bar.style.width = `${100 * Math.min(1, Math.max(0, share))}%`;
    meter.append(bar);
  }
  return meter;
}
