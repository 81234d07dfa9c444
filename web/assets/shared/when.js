// Times and sizes for people.

const CLOCK = new Intl.DateTimeFormat(undefined, {
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
  hourCycle: "h23",
});
const DAY = new Intl.DateTimeFormat(undefined, { year: "numeric", month: "short", day: "numeric" });
const NUMBER = new Intl.NumberFormat("en");

/**
 * How long ago: `now`, `12 s`, `3 min`, `2 h`, `5 d`.
 *
 * @param {number} time in milliseconds since 1970
 */
export function ago(time) {
  const seconds = Math.max(0, Math.round((Date.now() - time) / 1000));
  if (seconds < 3) return "now";
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3600)} h`;
  return `${Math.floor(seconds / 86_400)} d`;
}

/**
 * How long until then: `now`, `in 12 s`, `in 3 min`, `in 2 h`, `in 5 d`.
 *
 * @param {number} time in milliseconds since 1970
 */
export function until(time) {
  const left = ago(2 * Date.now() - time);
  return left === "now" ? left : `in ${left}`;
}

/**
 * The local time with its milliseconds, and the day where that is not today.
 *
 * @param {number} time in milliseconds since 1970
 */
export function clock(time) {
  const date = new Date(time);
  const clock = `${CLOCK.format(date)}.${String(date.getMilliseconds()).padStart(3, "0")}`;
  return date.toDateString() === new Date().toDateString() ? clock : `${DAY.format(date)}, ${clock}`;
}

/** @param {number} value */
export function grouped(value) {
  return NUMBER.format(value);
}

/** @param {number} octets */
export function size(octets) {
  if (octets < 1000) return `${octets} B`;
  if (octets < 1_000_000) return `${(octets / 1000).toFixed(1)} kB`;
  if (octets < 1_000_000_000) return `${(octets / 1_000_000).toFixed(1)} MB`;
  if (octets < 1_000_000_000_000) return `${(octets / 1_000_000_000).toFixed(1)} GB`;
  return `${(octets / 1_000_000_000_000).toFixed(1)} TB`;
}
