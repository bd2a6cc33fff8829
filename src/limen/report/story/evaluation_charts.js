// What the charts of an evaluation hold: percentiles against bands, and distribution errors.

import { minutesText, number, plain } from "./format.js";

const TIMES_MIN = [0, 5, 15, 30, 60, 120, 240, 480, 720, 1440, 2880, 4320, 7200, 10080, 20160, 40320];
const LEAST_ROOM_PX = 58;
const LEAST_DECADES = 1;
const PARTS = [["p05", "other", "dashed thin"], ["p95", "other", "dashed thin"], ["p50", "drug", ""]];
const EDGE = 1.96;

// Square roots of minutes: an infusion and the day after it both find room.
export function stretchedTime(minutes) {
  return Math.sqrt(Math.max(0, minutes));
}

export function unstretched(place) {
  return place * place;
}

function timeAxis(last, box) {
  const domain = [0, 1.02 * stretchedTime(last)];
  const perUnit = (box.right - box.left) / domain[1];
  const ticks = TIMES_MIN.filter((minutes) => minutes <= last).map(stretchedTime).reduceRight(
    (kept, tick) => (kept.length && (kept[0] - tick) * perUnit < LEAST_ROOM_PX ? kept : [tick, ...kept]), []);
  return { domain, ticks, format: (tick) => (tick === 0 ? "0" : minutesText(Math.round(unstretched(tick)))) };
}

function decades([from, to]) {
  const wide = to - from > 2.2;
  const ticks = [];
  for (let power = Math.floor(from); power <= to; power += 1) {
    for (const digit of wide ? [1] : [1, 2, 5]) {
      const tick = power + Math.log10(digit);
      if (tick >= from && tick <= to) ticks.push(tick);
    }
  }
  return ticks;
}

function shownValues(check, observed) {
  const seen = check.bins.flatMap((bin) => PARTS.flatMap(([part]) => [bin[part].observed, bin[part].low, bin[part].high]));
  const samples = observed ? [...observed.value_ng_per_ml, ...observed.below_ng_per_ml] : [];
  return [...seen, ...samples].filter((value) => value > 0).map(Math.log10);
}

export function checkedAxis(check, last, box, observed) {
  const values = shownValues(check, observed);
  const to = values.length ? Math.max(...values) + 0.08 : LEAST_DECADES;
  const from = values.length ? Math.min(Math.min(...values) - 0.08, to - LEAST_DECADES) : 0;
  return {
    x: timeAxis(last, box),
    y: { domain: [from, to], ticks: decades([from, to]), format: (tick) => plain(Number((10 ** tick).toPrecision(2))), above: "ng in each mL of plasma" },
  };
}

function logOf(value, lowest) {
  return value > 0 ? Math.log10(value) : lowest;
}

function lowestOf(check) {
  const values = shownValues(check, null);
  return values.length ? Math.min(...values) - 1 : 0;
}

export function checkLayers(check) {
  const lowest = lowestOf(check);
  const x = check.bins.map((bin) => stretchedTime(bin.time_min));
  const bands = PARTS.map(([part, tone]) => ({
    kind: "band", tone, look: "wide", x,
    low: check.bins.map((bin) => logOf(bin[part].low, lowest)), high: check.bins.map((bin) => logOf(bin[part].high, lowest)),
  }));
  const lines = PARTS.map(([part, tone, look]) => {
    const known = check.bins.filter((bin) => bin[part].observed !== null);
    return { kind: "line", tone, look, x: known.map((bin) => stretchedTime(bin.time_min)), y: known.map((bin) => logOf(bin[part].observed, lowest)) };
  }).filter((line) => line.x.length);
  const dots = lines.flatMap(({ tone, x: xs, y }) => xs.map((at, index) => ({ kind: "point", tone, x: at, y: y[index] })));
  return check.bins.length ? [...bands, ...lines, ...dots] : [];
}

export function sampleLayers(observed) {
  return observed.time_min.map((minutes, index) => {
    const below = observed.below_ng_per_ml[index];
    const value = below ?? observed.value_ng_per_ml[index];
    return { kind: "point", tone: "ink", look: below === null ? "tiny" : "tiny hollow", x: stretchedTime(minutes), y: Math.log10(value) };
  });
}

export function checkedTitle(name, check, more) {
  const parts = check.bins.flatMap((bin) => PARTS.map(([part]) => bin[part])).filter((part) => part.observed !== null && part.low !== null);
  if (!parts.length) return `${name}: no percentile to compare${more}`;
  const inside = parts.filter((part) => part.low <= part.observed && part.observed <= part.high).length;
  return `${name}: ${inside} of ${parts.length} measured percentiles lie in their band${more}`;
}

export function npdeAxis(npde, last, box) {
  const size = Math.max(3, ...npde.values.filter((value) => value !== null).map(Math.abs));
  const ticks = [-4, -2, 0, 2, 4].filter((tick) => Math.abs(tick) <= size);
  return { x: timeAxis(last, box), y: { domain: [-1.05 * size, 1.05 * size], ticks, format: plain, above: "distribution error, in SD" } };
}

export function npdeLayers(npde, observed, last) {
  const ends = [0, 1.02 * stretchedTime(last)];
  const lines = [-EDGE, 0, EDGE].map((level) => ({ kind: "line", tone: "ink", look: "limit", x: ends, y: [level, level] }));
  const dots = npde.values.flatMap((value, index) => (value === null ? [] : [{
    kind: "point", tone: "drug", look: observed.below_ng_per_ml[index] === null ? "tiny" : "tiny hollow", x: stretchedTime(observed.time_min[index]), y: value,
  }]));
  return [...lines, ...dots];
}

export function npdeTitle(name, npde) {
  if (npde.p_all === null) return `${name}: too few samples to test the distribution errors`;
  const said = npde.p_all < 0.001 ? "p below 0.001" : `p ${Number(npde.p_all.toPrecision(2))}`;
  const verdict = npde.p_all < 0.05 ? "these data differ from what it expects" : "these data do not tell it from a right model";
  return `${name}: ${verdict} (mean ${number(npde.mean, 2)}, variance ${number(npde.variance, 2)}, ${said})`;
}
