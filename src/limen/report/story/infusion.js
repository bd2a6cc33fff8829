// Panel 1: one infusion over four hours on one time axis, and mood over two weeks.

import { key, makeChart, shareReading } from "./chart.js";
import { byId, say } from "./dom.js";
import {
  ceilingOf, concentrationAxis, concentrationLayers, hourAxis, occupancyAxis, occupancyKey, occupancyLayers, twoStepCeiling,
} from "./exposure.js";
import {
  ASSAY_NAMES, concentrationReading, concentrationTitle, dissociationReading, dissociationTitle, moodReading, moodTitle,
  occupancyReading, occupancyTitle, pumpReading, pumpTitle,
} from "./findings.js";
import { dayAxis, moodAxis, moodCeiling, moodKey, moodLayers, trialPoints } from "./mood.js";
import { mover } from "./motion.js";
import { readout, readoutRange } from "./reading.js";
import { evenTicks } from "./scale.js";
import { sideBySide } from "./shapes.js";
import { viewOf } from "./state.js";

const LETTERS = "abcdefghijklmnopqrstuvwxyz";
const READING_STEP_MIN = 5;
const READING_STEP_H = 12;
// The scale has 23 items of 0 to 4 points.
const CADSS_MOST = 92;

function largestOver(data, read) {
  return Math.max(...Object.values(data.cells).map(read));
}

// Where each axis ends: usually, and when an amount needs more room.
function ceilingsOf(data) {
  const start = viewOf(data, data.grid.start);
  const cells = Object.values(data.cells);
  const dissociation = (cell) => Math.max(...cell.cadss.p90);
  return {
    pump: { usual: ceilingOf([start.pump.mg_per_h * 1.3]), largest: ceilingOf([largestOver(data, (cell) => cell.pump.mg_per_h)]) },
    concentration: {
      usual: ceilingOf([1.1 * Math.max(...start.concentration.p95, ...publishedHighs(data))]),
      largest: ceilingOf([largestOver(data, (cell) => Math.max(...cell.concentration.p95))]),
    },
    dissociation: { usual: Math.min(CADSS_MOST, ceilingOf([1.25 * dissociation(start)])), largest: Math.min(CADSS_MOST, ceilingOf([largestOver(data, dissociation)])) },
    mood: moodCeiling(cells.map((cell) => cell.mood.default), data.patient.baseline_madrs),
  };
}

function publishedHighs(data) {
  return (data.published.concentration ?? []).map((point) => point.high ?? point.value);
}

function pumpSpec(context, box) {
  const { shown, times, ceilings, ghost } = context();
  const to = twoStepCeiling(ceilings.pump.usual, ceilings.pump.largest, shown.pump.mg_per_h);
  const layers = [{ kind: "bar", tone: "drug", from: 0, until: shown.pump.minutes, to: shown.pump.mg_per_h }];
  if (ghost) layers.push({ kind: "bar", tone: "pinned", look: "ghost", from: 0, until: ghost.pump.minutes, to: ghost.pump.mg_per_h });
  return { x: hourAxis(times, box), y: { domain: [0, to], ticks: evenTicks([0, to], 2), format: String, above: "mg per hour" }, layers };
}

function stopRule(shown) {
  return { kind: "rule", at: shown.pump.minutes, text: "pump stops" };
}

function publishedConcentrations(context) {
  const { data, atStart } = context();
  return sideBySide((data.published.concentration ?? []).map((point, index) => ({
    kind: "point", tone: "paper", look: atStart ? "" : "pale", x: point.min, y: point.value, low: point.low, high: point.high, letter: LETTERS[index],
  })));
}

function concentrationSpec(context, box) {
  const { shown, times, ceilings, ghost } = context();
  const highs = [...shown.concentration.p95, ...(ghost?.concentration.p95 ?? [])];
  const to = twoStepCeiling(ceilings.concentration.usual, ceilings.concentration.largest, Math.max(...highs));
  const layers = [stopRule(shown), ...concentrationLayers(times, shown.concentration, ghost?.concentration), ...publishedConcentrations(context)];
  return { x: hourAxis(times, box), y: concentrationAxis(to), layers };
}

function occupancySpec(context, box) {
  const { shown, times, ghost } = context();
  return { x: hourAxis(times, box), y: occupancyAxis(), layers: [stopRule(shown), ...occupancyLayers(times, shown.occupancy, ghost?.occupancy)] };
}

function dissociationSpec(context, box) {
  const { shown, times, ceilings, ghost } = context();
  const { cadss } = shown;
  const high = Math.max(...cadss.p90, ...(ghost?.cadss.p90 ?? [0]));
  const to = twoStepCeiling(ceilings.dissociation.usual, ceilings.dissociation.largest, high);
  const layers = [stopRule(shown), { kind: "band", tone: "felt", look: "wide", x: cadss.time_min, low: cadss.p10, high: cadss.p90 }];
  if (ghost) layers.push({ kind: "line", tone: "pinned", look: "ghost", x: ghost.cadss.time_min, y: ghost.cadss.p50 });
  layers.push({ kind: "line", tone: "felt", x: cadss.time_min, y: cadss.p50 });
  return { x: hourAxis(times, box), y: { domain: [0, to], ticks: evenTicks([0, to], 4), format: String, above: "points (0 to 92): higher = felt more strongly" }, layers };
}

function moodSpec(context, box) {
  const { data, shown, ghost, ceilings, atStart } = context();
  const letters = LETTERS.slice((data.published.concentration ?? []).length);
  const points = trialPoints(data.published.mood ?? [], data.patient.baseline_madrs, atStart ? "" : "pale", letters);
  return { x: dayAxis(data.mood_time_h, box), y: moodAxis(ceilings.mood), layers: [...moodLayers(data.mood_time_h, shown.mood, ghost?.mood), ...points] };
}

function keys(view, pinnedText) {
  const pinned = pinnedText ? [{ kind: "line", tone: "pinned", look: "ghost", text: `pinned: ${pinnedText}` }] : [];
  key(byId("concentration-key"), [
    { kind: "band", tone: "drug", look: "wide", text: "line: typical adult; bands: 50 and 90 of 100 people" },
    { kind: "point", tone: "paper", text: "published" }, ...pinned,
  ]);
  key(byId("occupancy-key"), [...occupancyKey(view.occupancy, ASSAY_NAMES), ...pinned]);
  key(byId("dissociation-key"), [{ kind: "band", tone: "felt", look: "wide", text: "line: middle person; band: 80 of 100 people" }, ...pinned]);
  key(byId("mood-key"), [...moodKey(null), { kind: "point", tone: "drug", text: "a real trial" }, ...pinned]);
}

function titles(times, view) {
  say("pump-title", pumpTitle(view.pump));
  say("concentration-title", concentrationTitle(times, view.concentration, view.pump.minutes));
  say("occupancy-title", occupancyTitle(view.occupancy));
  say("dissociation-title", dissociationTitle(view.cadss));
  say("mood-title", moodTitle(view.mood));
}

function readMinutes(times, view, at) {
  readout("pump", at, pumpReading(view.pump, at));
  readout("concentration", at, concentrationReading(times, view.concentration, at));
  readout("occupancy", at, occupancyReading(times, view.occupancy, at));
  readout("dissociation", at, dissociationReading(view.cadss, at));
}

function readRanges(data) {
  const minutes = [data.exposure_time_min[0], data.exposure_time_min.at(-1)];
  ["pump", "concentration", "occupancy", "dissociation"].forEach((name) => readoutRange(name, minutes));
  readoutRange("mood", [data.mood_time_h[0], data.mood_time_h.at(-1)]);
}

// `pinnedText(state)` names the pinned setting for the keys, or gives null.
export function infusionPanel(data, state, pinnedText) {
  const times = data.exposure_time_min;
  const ceilings = ceilingsOf(data);
  let target = viewOf(data, state.get());
  let shown = target;
  const context = () => {
    const { dose, minutes, pinned } = state.get();
    const { start } = data.grid;
    return { data, times, ceilings, shown, ghost: pinned && viewOf(data, pinned), atStart: dose === start.dose && minutes === start.minutes };
  };
  const chart = (name, spec) => makeChart(byId(`${name}-chart`), (box) => spec(context, box));
  const hours = [chart("pump", pumpSpec), chart("concentration", concentrationSpec), chart("occupancy", occupancySpec), chart("dissociation", dissociationSpec)];
  const mood = chart("mood", moodSpec);
  const minuteReading = shareReading(hours, { step: READING_STEP_MIN, rest: () => target.pump.minutes, read: (at) => readMinutes(times, target, at) });
  const moodReader = shareReading([mood], { step: READING_STEP_H, rest: () => target.mood.difference.h[0], read: (at) => readout("mood", at, moodReading(data.mood_time_h, target.mood, at)) });
  const move = mover(shown, (view) => {
    shown = view;
    [...hours, mood].forEach((each) => each.draw());
  });
  const follow = () => {
    target = viewOf(data, state.get());
    titles(times, target);
    keys(target, pinnedText(state.get()));
    minuteReading.refresh();
    moodReader.refresh();
    byId("published-away").hidden = context().atStart;
    move(target);
  };
  readRanges(data);
  state.onChange(follow);
  follow();
}
