// The charts of one infusion that show what is in the body: blood level and blocked receptors.

import { minutesText, percent } from "./format.js";
import { evenTicks, niceCeiling } from "./scale.js";

export function hourAxis(times, box) {
  const to = times[times.length - 1];
  const step = to <= 90 ? 30 : to <= 300 ? 60 : 60 * Math.ceil(to / 300);
  const fine = box.width > 560 && to <= 300 ? 30 : step;
  const ticks = [];
  for (let tick = 0; tick <= to; tick += fine) ticks.push(tick);
  return { domain: [times[0], to], ticks, format: (minutes) => (minutes === 0 ? "0" : minutesText(minutes)) };
}

// Two sizes of axis only, so that a taller curve means more drug; the page says when it changes.
export function twoStepCeiling(usual, largest, wanted) {
  return wanted <= usual ? usual : largest;
}

export function concentrationLayers(times, curve, ghost) {
  const layers = [
    { kind: "band", tone: "drug", look: "wide", x: times, low: curve.p05, high: curve.p95 },
    { kind: "band", tone: "drug", look: "core", x: times, low: curve.p25, high: curve.p75 },
  ];
  if (ghost) layers.push({ kind: "line", tone: "pinned", look: "ghost", x: times, y: ghost.typical });
  layers.push({ kind: "line", tone: "drug", x: times, y: curve.typical });
  return layers;
}

export function concentrationAxis(ceiling) {
  return { domain: [0, ceiling], ticks: evenTicks([0, ceiling], 4), format: String, above: "ng of drug in each mL of blood plasma" };
}

const ASSAY_LOOKS = { in_vivo: "", ebert: "dashed", salat: "dotted" };

export function occupancyLayers(times, occupancy, ghost) {
  const layers = [];
  for (const [assay, curve] of Object.entries(occupancy)) {
    const look = ASSAY_LOOKS[assay] ?? "dashed";
    layers.unshift({ kind: "band", tone: assay === "in_vivo" ? "block" : "other", look: assay === "in_vivo" ? "wide" : "faint", x: times, low: curve.p05, high: curve.p95 });
    layers.push({ kind: "line", tone: assay === "in_vivo" ? "block" : "other", look, x: times, y: curve.typical });
  }
  if (ghost) layers.push({ kind: "line", tone: "pinned", look: "ghost", x: times, y: ghost.in_vivo.typical });
  return layers;
}

export function occupancyAxis() {
  return { domain: [0, 1], ticks: [0, 0.25, 0.5, 0.75, 1], format: percent, above: "share of NMDA receptors blocked" };
}

export function occupancyKey(occupancy, names) {
  return Object.keys(occupancy).map((assay) => ({
    kind: assay === "in_vivo" ? "band" : "line",
    tone: assay === "in_vivo" ? "block" : "other",
    look: assay === "in_vivo" ? "wide" : ASSAY_LOOKS[assay] ?? "dashed",
    text: names[assay] ?? assay,
  }));
}

export function ceilingOf(...curves) {
  return niceCeiling(1.05 * Math.max(...curves.flat()));
}
