// The page of one case.

import { key, makeChart, shareReading } from "./chart.js";
import { byId, pageData, say } from "./dom.js";
import { ceilingOf, concentrationAxis, concentrationLayers, hourAxis, occupancyAxis, occupancyKey, occupancyLayers } from "./exposure.js";
import { ASSAY_NAMES, concentrationReading, concentrationTitle, occupancyReading, occupancyTitle } from "./findings.js";
import { capital, hoursText, number, percent } from "./format.js";
import { dayAxis, moodAxis, moodSpan } from "./mood.js";
import { optionsPanel } from "./options.js";
import { readout, readoutRange } from "./reading.js";
import { along } from "./scale.js";
import { sideBySide } from "./shapes.js";
import { copyButtons, ready, themeButton } from "./theme.js";

const CASE_STEP_H = 12;
const CASE_STEP_MIN = 5;

function meanWidth(band) {
  return band.p90.reduce((sum, high, index) => sum + high - band.p10[index], 0) / band.p90.length;
}

function scoresTitle({ before, after, observed }) {
  const used = observed.filter((score) => score.used).length;
  if (!before || !after) return "The scores of this person on the band that was expected";
  const change = 1 - meanWidth(after) / meanWidth(before);
  const effect = change >= 0 ? `narrow the band by ${percent(change)}` : `widen the band by ${percent(-change)}`;
  return `${used} observed ${used === 1 ? "score" : "scores"} ${effect}`;
}

function bandLayers(times, band, tone, look) {
  if (!band) return [];
  return [
    { kind: "band", tone, look: "wide", x: times, low: band.p10, high: band.p90 },
    { kind: "line", tone, look, x: times, y: band.p50 },
  ];
}

function observedPoints(observed, scale) {
  const points = observed.filter((score) => score.scale === scale);
  return sideBySide(points.map((score) => ({ kind: "point", tone: "ink", look: score.used ? "" : "hollow", x: score.h, y: score.value })));
}

function visitRules(visits) {
  return visits.map((visit) => ({ kind: "rule", at: visit.start_h, text: visit.drug ?? "visit" }));
}

function scoresReading(data, at) {
  const says = (band, name) => {
    if (!band) return null;
    const read = (part) => number(along(data.time_h, band[part], at));
    return `${name} ${read("p50")} (${read("p10")} to ${read("p90")})`;
  };
  const parts = [says(data.before, "expected before seeing scores"), says(data.after, "after")].filter(Boolean);
  return `${capital(hoursText(at))}: ${parts.join(", ")}.`;
}

function scoresPanel(data) {
  const earliest = Math.min(data.time_h[0], ...data.observed.map((score) => score.h));
  const latest = Math.max(data.time_h.at(-1), ...data.observed.map((score) => score.h));
  const ceiling = moodSpan([data.before, data.after].filter(Boolean).flatMap((band) => band.p90), data.observed.map((score) => score.value));
  const points = observedPoints(data.observed, data.scale);
  const chart = makeChart(byId("scores-chart"), (box) => ({
    x: dayAxis([earliest, latest], box),
    y: moodAxis(ceiling),
    layers: [...visitRules(data.visits), ...bandLayers(data.time_h, data.before, "control", "dashed"), ...bandLayers(data.time_h, data.after, "drug", ""), ...points],
  }));
  say("scores-title", scoresTitle(data));
  key(byId("scores-key"), [
    { kind: "band", tone: "control", look: "wide dashed", text: "before seeing the scores" },
    { kind: "band", tone: "drug", look: "wide", text: "after seeing them" },
    { kind: "point", tone: "ink", text: "observed, used" },
    ...(points.some((point) => point.look) ? [{ kind: "point", tone: "ink", look: "hollow", text: "observed, kept to check" }] : []),
  ]);
  readoutRange("scores", [earliest, latest]);
  shareReading([chart], { step: CASE_STEP_H, rest: () => 24, read: (at) => readout("scores", at, scoresReading(data, at)) }).refresh();
}

function peakOfFirstVisit(exposure) {
  const { typical } = exposure.concentration;
  return exposure.time_min[typical.indexOf(Math.max(...typical))];
}

function exposurePanel({ exposure }) {
  const times = exposure.time_min;
  const peak = peakOfFirstVisit(exposure);
  const ceiling = ceilingOf(exposure.concentration.p95);
  const charts = [
    makeChart(byId("concentration-chart"), (box) => ({ x: hourAxis(times, box), y: concentrationAxis(ceiling), layers: concentrationLayers(times, exposure.concentration, null) })),
    makeChart(byId("occupancy-chart"), (box) => ({ x: hourAxis(times, box), y: occupancyAxis(), layers: occupancyLayers(times, exposure.occupancy, null) })),
  ];
  say("concentration-title", concentrationTitle(times, exposure.concentration, -Infinity));
  say("occupancy-title", occupancyTitle(exposure.occupancy));
  key(byId("concentration-key"), [{ kind: "band", tone: "drug", look: "wide", text: "line: typical adult; bands: 50 and 90 of 100 people" }]);
  key(byId("occupancy-key"), occupancyKey(exposure.occupancy, ASSAY_NAMES));
  ["concentration", "occupancy"].forEach((name) => readoutRange(name, [times[0], times.at(-1)]));
  const read = (at) => {
    readout("concentration", at, concentrationReading(times, exposure.concentration, at));
    readout("occupancy", at, occupancyReading(times, exposure.occupancy, at));
  };
  shareReading(charts, { step: CASE_STEP_MIN, rest: () => peak, read }).refresh();
}

function tellCase() {
  const data = pageData();
  themeButton();
  if (data.before || data.after) scoresPanel(data);
  if (data.exposure) exposurePanel(data);
  optionsPanel(data.options);
  copyButtons();
  ready();
}

tellCase();
