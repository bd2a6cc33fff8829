// The chart of mood over days: two bands, and the points of a real trial.

import { evenTicks, niceCeiling } from "./scale.js";
import { sideBySide } from "./shapes.js";

const DAYS_WIDE = [0, 1, 2, 3, 5, 7, 10, 14, 21, 28];
const DAYS_NARROW = [0, 1, 3, 7, 14, 28];

function daysFor(from, to, width) {
  const most = 24 * DAYS_WIDE.at(-1);
  const days = to > most ? evenTicks([from / 24, to / 24], 6) : width > 560 ? DAYS_WIDE : DAYS_NARROW;
  return days.filter((day) => 24 * day >= from && 24 * day <= to);
}

export function dayAxis(times, box) {
  const [from, to] = [times[0], times[times.length - 1]];
  const days = daysFor(from, to, box.width);
  return {
    domain: [from, to],
    ticks: days.map((day) => 24 * day),
    format: (hours) => (hours === 24 * days.at(-1) ? `${hours / 24} days` : String(hours / 24)),
  };
}

export function moodAxis(ceiling) {
  return { domain: [0, ceiling], ticks: evenTicks([0, ceiling], 4), format: String, above: "depression score: worse \u2191", below: "better \u2193 fewer symptoms" };
}

// The scale ends at 60 points.
const MADRS_MOST = 60;

export function moodSpan(...values) {
  return Math.min(MADRS_MOST, niceCeiling(Math.max(...values.flat())));
}

export function moodCeiling(moods, baseline) {
  return moodSpan([baseline], moods.flatMap((mood) => [...mood.drug.p90, ...mood.same_visit.p90]));
}

export function moodLayers(times, mood, ghost) {
  const layers = [
    { kind: "band", tone: "control", look: "wide", x: times, low: mood.same_visit.p10, high: mood.same_visit.p90 },
    { kind: "band", tone: "drug", look: "wide", x: times, low: mood.drug.p10, high: mood.drug.p90 },
  ];
  if (ghost) layers.push({ kind: "line", tone: "pinned", look: "ghost", x: times, y: ghost.drug.p50 });
  if (ghost?.same_visit) layers.push({ kind: "line", tone: "pinned", look: "ghost thin", x: times, y: ghost.same_visit.p50 });
  layers.push({ kind: "line", tone: "control", look: "dashed", x: times, y: mood.same_visit.p50 });
  layers.push({ kind: "line", tone: "drug", x: times, y: mood.drug.p50 });
  return layers;
}

export function trialPoints(published, baseline, look, letters) {
  return sideBySide(published.map((point, index) => ({
    kind: "point",
    tone: /ketamine/.test(point.arm) ? "drug" : "control",
    look,
    x: point.h,
    y: baseline + point.change,
    low: point.low === null || point.low === undefined ? null : baseline + point.low,
    high: point.high === null || point.high === undefined ? null : baseline + point.high,
    letter: letters[index],
  })));
}

export function moodKey(ghostText) {
  const entries = [
    { kind: "band", tone: "drug", look: "wide", text: "with the drug" },
    { kind: "band", tone: "control", look: "wide dashed", text: "the same visit without drug" },
  ];
  if (ghostText) entries.push({ kind: "line", tone: "pinned", look: "ghost", text: ghostText });
  return entries;
}
