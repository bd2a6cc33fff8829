// Numbers and times as a reader says them.

const MINUS = "\u2212";

export function number(value, digits = 0) {
  const text = Math.abs(value).toFixed(digits);
  return (value < 0 && Number(text) !== 0 ? MINUS : "") + text;
}

// Two or three significant digits, never more than the doubt deserves.
export function amount(value) {
  const size = Math.abs(value);
  if (size >= 100) return number(Math.round(value / 5) * 5);
  if (size >= 10) return number(value);
  return String(Number(value.toPrecision(2))).replace("-", MINUS);
}

export function points(value) {
  const text = number(value, 1);
  return text === "1.0" ? "1 point" : `${text} points`;
}

export function percent(fraction) {
  return `${Math.round(100 * fraction)} %`;
}

export function minutesText(minutes) {
  if (minutes < 60) return `${Math.round(minutes)} min`;
  const hours = Math.floor(minutes / 60);
  const rest = Math.round(minutes - 60 * hours);
  if (rest === 60) return `${hours + 1} h`;
  return rest ? `${hours} h ${rest} min` : `${hours} h`;
}

export function hoursText(hours) {
  if (hours < 0) return `${hoursText(-hours)} before`;
  if (hours === 0) return "the start";
  if (hours < 1) return minutesText(60 * hours);
  if (hours < 24) return `${number(hours, hours % 1 ? 1 : 0)} h`;
  const days = hours / 24;
  return days === 1 ? "day 1" : `day ${number(days, days % 1 ? 1 : 0)}`;
}

export function laterText(hours) {
  const names = { 24: "one day later", 168: "one week later", 336: "two weeks later" };
  return names[hours] ?? `at ${hoursText(hours)}`;
}

export function capital(text) {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

export function plain(value) {
  return String(value).replace("-", MINUS);
}
