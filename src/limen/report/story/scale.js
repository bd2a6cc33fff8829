// From numbers to places on the page, and back.

export function linear([from, to], [start, end]) {
  const place = (value) => start + ((value - from) / (to - from)) * (end - start);
  place.invert = (position) => from + ((position - start) / (end - start)) * (to - from);
  return place;
}

const STEPS = [1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10];

export function niceCeiling(value) {
  if (!(value > 0)) return 1;
  const power = 10 ** Math.floor(Math.log10(value));
  return power * STEPS.find((step) => step * power >= value * 0.9999);
}

export function evenTicks([from, to], wanted) {
  const raw = (to - from) / wanted;
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = power * [1, 2, 5, 10].find((candidate) => candidate * power >= raw * 0.999);
  const ticks = [];
  for (let tick = Math.ceil(from / step) * step; tick <= to + step / 1e6; tick += step) ticks.push(Number(tick.toPrecision(6)));
  return ticks;
}

export function nearest(values, wanted) {
  let best = 0;
  values.forEach((value, index) => {
    if (Math.abs(value - wanted) < Math.abs(values[best] - wanted)) best = index;
  });
  return best;
}

// The value of a curve between its points, by a straight line.
export function along(xs, ys, x) {
  if (x <= xs[0]) return ys[0];
  const next = xs.findIndex((value) => value >= x);
  if (next < 0) return ys[ys.length - 1];
  const share = (x - xs[next - 1]) / (xs[next] - xs[next - 1]);
  return ys[next - 1] + share * (ys[next] - ys[next - 1]);
}

export function indexOfMax(values) {
  return values.reduce((best, value, index) => (value > values[best] ? index : best), 0);
}
