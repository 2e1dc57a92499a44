'use strict';

// Numbers and names for people, and the one way by which text gets into the page.

// A name may hold anything: what would be invisible, or turn the text around, is shown by its number.
const Invisible = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;

function visible(text) {
  return String(text).replace(Invisible, c => '\\u' + c.codePointAt(0).toString(16).padStart(4, '0'));
}

// An element. Attributes are ours; children are elements, or text, which never becomes anything else.
function element(tag, attributes, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes ?? {})) {
    if (value === true)
      made.setAttribute(name, '');
    else if (value !== false && value != null)
      made.setAttribute(name, visible(value));
  }
  for (const child of children.flat()) {
    if (child instanceof Node)
      made.append(child);
    else if (child != null && child !== '')
      made.append(document.createTextNode(visible(child)));
  }
  return made;
}

const Words = {
  // 28,232
  count(value) {
    return value == null ? '' : value.toLocaleString('en-US');
  },

  // At most one decimal, and none where it would not be seen.
  number(value) {
    return value == null ? '' : value.toLocaleString('en-US', { maximumFractionDigits: value < 1000 ? 1 : 0 });
  },

  plural(count, one) {
    return `${Words.count(count)} ${one}${count === 1 ? '' : 's'}`;
  },

  share(part, whole) {
    return whole > 0 ? Words.number(100 * part / whole) + ' %' : '';
  },

  // Three significant digits: 950 ns, 1.23 ms, 60.0 s, 2.50 h. As the text report has them.
  duration(ns) {
    if (ns == null)
      return '';
    const [size, unit] = Words._unit(ns);
    const value = ns / size;
    return `${size === 1 ? Math.round(value) : value.toFixed(value >= 100 ? 0 : value >= 10 ? 1 : 2)} ${unit}`;
  },

  // The same without zeros that say nothing, for axes.
  roundDuration(ns) {
    const [size, unit] = Words._unit(ns);
    return `${Number((ns / size).toPrecision(3))} ${unit}`;
  },

  _unit(ns) {
    if (ns >= 360_000e9)
      return [86_400e9, 'd'];
    if (ns >= 6_000e9)
      return [3_600e9, 'h'];
    return ns >= 1e9 ? [1e9, 's'] : ns >= 1e6 ? [1e6, 'ms'] : ns >= 1e3 ? [1e3, 'µs'] : [1, 'ns'];
  },

  bytes(value) {
    if (value == null)
      return '';
    const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'];
    const power = value < 1 ? 0 : Math.min(units.length - 1, Math.floor(Math.log2(value) / 10));
    return `${power === 0 ? value : (value / 1024 ** power).toPrecision(3)} ${units[power]}`;
  },

  // 2026-01-31 12:34:56, UTC.
  time(milliseconds) {
    return new Date(milliseconds).toISOString().slice(0, 19).replace('T', ' ');
  },

  // An address with its port.
  end(address, port) {
    return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
  },

  // time_wait_max: Time wait max
  name(snakeCase) {
    const words = snakeCase.replaceAll('_', ' ');
    return words.charAt(0).toUpperCase() + words.slice(1);
  },
};
