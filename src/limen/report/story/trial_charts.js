// What the charts of a trial hold: arms over days, and power by the number of people.

import { number, percent, plain } from "./format.js";
import { evenTicks } from "./scale.js";

function known(times, band) {
  const kept = times.map((_, index) => index).filter((index) => band.p50[index] !== null);
  const take = (values) => kept.map((index) => values[index]);
  return { x: take(times), band: Object.fromEntries(Object.entries(band).map(([word, values]) => [word, take(values)])) };
}

export function armLayers(times, arms, plan, name) {
  const shown = arms.map((arm, index) => ({ ...known(times, arm[name]), tone: plan[index].tone }));
  const kept = shown.filter(({ x }) => x.length);
  const bands = kept.map(({ x, band, tone }) => ({ kind: "band", tone, look: "wide", x, low: band.p05, high: band.p95 }));
  const lines = kept.map(({ x, band, tone }) => ({ kind: "line", tone, look: tone === "control" ? "dashed" : "", x, y: band.p50 }));
  return [...bands, ...lines];
}

export function changeAxis(arms) {
  const low = Math.min(0, ...arms.flatMap((arm) => arm.change.p05));
  const high = Math.max(0, ...arms.flatMap((arm) => arm.change.p95));
  const domain = [Math.floor(low / 5) * 5, Math.ceil(high / 5) * 5 || 1];
  return { domain, ticks: evenTicks(domain, 4), format: plain, above: "mean change of the arm, points", below: "better ↓" };
}

export function shareAxis(above) {
  return { domain: [0, 1], ticks: [0, 0.25, 0.5, 0.75, 1], format: percent, above };
}

// People of an arm on a stretched axis: the step from 10 to 20 is that from 100 to 200.
export function sizeAxis(sizes, box) {
  const domain = [Math.log(sizes[0]), Math.log(sizes.at(-1))];
  const all = [4, 5, 10, 20, 40, 80, 160, 320, 640, 1280, 2560, 5120, 10240, 20480].filter((n) => n >= sizes[0] && n <= sizes.at(-1));
  const kept = box.width < 480 ? all.filter((_, index) => index % 2 === 0) : all;
  return { domain, ticks: kept.map(Math.log), format: (tick) => String(Math.round(Math.exp(tick))) };
}

export function sizeLayers(rows, tone, look) {
  const x = rows.map((row) => Math.log(row.n));
  const bounded = (value) => Math.min(1, Math.max(0, value));
  return [
    { kind: "band", tone, look: "wide", x, low: rows.map((row) => bounded(row.power - 1.96 * row.power_mc_error)), high: rows.map((row) => bounded(row.power + 1.96 * row.power_mc_error)) },
    { kind: "line", tone, look, x, y: rows.map((row) => row.power) },
  ];
}

export function wantedLayer(sizes, wanted) {
  return { kind: "line", tone: "ink", look: "limit", x: [Math.log(sizes[0]), Math.log(sizes.at(-1))], y: [wanted, wanted] };
}

export function signedPoints(value) {
  return `${number(value, 1)}`;
}
