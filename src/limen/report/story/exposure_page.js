// The page of one dose: what is given, what reaches the blood, and what it blocks, on one time axis.

import { key, makeChart, shareReading } from "./chart.js";
import { byId, html, pageData, say } from "./dom.js";
import { ceilingOf, concentrationAxis, concentrationLayers, occupancyAxis, occupancyLayers } from "./exposure.js";
import { atText, blockReading, doseReading, doseTitle, levelReading, levelTitle, memberText, metaboliteTitle, onlyMemberText, spreadTitle } from "./exposure_words.js";
import { ASSAY_NAMES, occupancyTitle } from "./findings.js";
import { amount, minutesText } from "./format.js";
import { readout, readoutRange } from "./reading.js";
import { evenTicks, indexOfMax } from "./scale.js";
import { sideBySide } from "./shapes.js";
import { ready, themeButton } from "./theme.js";

const READ_EVERY_MIN = 5;
const LETTER_NAMES = "abcdefghijklmnopqrstuvwxyz";
const MEMBER_TONES = ["control", "felt", "block", "other"];
const TICK_STEPS_MIN = [30, 60, 120, 180, 240, 360, 480];
const LEAST_TICK_PX = 64;
// Ours: right after an injection the band can be ten times the line; the picture then ends above this many peaks.
const MOST_PEAKS = 3;
// Ours: above the bars there is then room for the words on an amount given at once.
const ROOM_FOR_WORDS = 1.7;

function clockAxis(times, box) {
  const to = times.at(-1);
  const step = TICK_STEPS_MIN.find((each) => ((box.right - box.left) * each) / to >= LEAST_TICK_PX) ?? TICK_STEPS_MIN.at(-1);
  const ticks = [];
  for (let tick = 0; tick <= to; tick += step) ticks.push(tick);
  return { domain: [0, to], ticks, format: (minutes) => (minutes === 0 ? "0" : minutesText(minutes)) };
}

function doseLayers(steps, onlyAmounts) {
  return steps.map((step) => {
    if (step.mg_per_h !== null) return { kind: "bar", tone: "drug", from: step.from_min, until: step.until_min, to: step.mg_per_h };
    if (onlyAmounts) return { kind: "point", tone: "drug", x: step.from_min, y: step.mg, low: 0, high: step.mg };
    return { kind: "rule", at: step.from_min, text: `${amount(step.mg)} mg at once` };
  });
}

function doseSpec({ dose, time_min: times }, box) {
  const onlyAmounts = dose.steps.every((step) => step.mg_per_h === null);
  const mixed = !onlyAmounts && dose.steps.some((step) => step.mg_per_h === null);
  const most = Math.max(...dose.steps.map((step) => (onlyAmounts ? step.mg : step.mg_per_h ?? 0)));
  const to = ceilingOf([(mixed ? ROOM_FOR_WORDS : 1) * most]);
  const layers = doseLayers(dose.steps, onlyAmounts);
  return { x: clockAxis(times, box), y: { domain: [0, to], ticks: evenTicks([0, to], 2), format: String, above: onlyAmounts ? "mg at once" : "mg per hour" }, layers };
}

function pumpStops({ steps }) {
  const last = steps.at(-1);
  return last.mg_per_h === null ? [] : [{ kind: "rule", at: last.until_min, text: "pump stops" }];
}

function memberLayers(times, { members }) {
  if (members.length === 1) return [];
  return members.map((member, index) => ({ kind: "line", tone: MEMBER_TONES[index % MEMBER_TONES.length], look: `member m${index}`, x: times, y: member.typical }));
}

function publishedPoints(published) {
  return sideBySide(published.map((point, index) => ({ kind: "point", tone: "paper", x: point.min, y: point.value, low: point.low, high: point.high, letter: LETTER_NAMES[index] })));
}

function highest(analyte, published) {
  const lines = [...analyte.typical, ...analyte.members.flatMap((member) => member.typical)];
  const most = MOST_PEAKS * Math.max(...analyte.typical);
  return ceilingOf([Math.min(most, Math.max(...analyte.p95, ...lines)), ...published.map((point) => point.high ?? point.value)]);
}

function levelKey(analyte) {
  const doubt = analyte.members.length === 1 ? "parameters" : "parameters and models";
  const bands = [
    { kind: "band", tone: "drug", look: "core", text: "line: typical adult; band: 50 of 100 people" },
    { kind: "band", tone: "drug", look: "wide", text: `90 of 100 people, with the doubt of ${doubt}` },
  ];
  if (analyte.members.length === 1) return [...bands, { kind: "line", tone: "drug", text: onlyMemberText(analyte.members[0]) }];
  const lines = memberLayers([], analyte).map((layer, index) => ({ ...layer, kind: "line", text: memberText(analyte.members[index]) }));
  return [...bands, ...lines];
}

// What stands above the picture is said in words.
function beyond(name, analyte, times, ceiling) {
  const reaches = ({ text, curve }) => `${text} reaches ${amount(Math.max(...curve))} ng/mL at ${atText(times[indexOfMax(curve)])}`;
  const above = [{ text: "the band", curve: analyte.p95 }, ...analyte.members.map((member) => ({ text: member.id, curve: member.typical }))]
    .filter(({ curve }) => Math.max(...curve) > ceiling);
  if (above.length) byId(`${name}-panel`).append(html("p", { class: "note" }, `Above this picture: ${above.map(reaches).join("; ")}.`));
}

function levelChart(data, part, published) {
  const [analyte, times] = [data[part], data.time_min];
  const ceiling = highest(analyte, published);
  key(byId(`${part}-key`), [...levelKey(analyte), ...(published.length ? [{ kind: "point", tone: "paper", text: "published" }] : [])]);
  beyond(part, analyte, times, ceiling);
  return makeChart(byId(`${part}-chart`), (box) => ({
    x: clockAxis(times, box),
    y: concentrationAxis(ceiling),
    layers: [...pumpStops(data.dose), ...concentrationLayers(times, analyte, null), ...memberLayers(times, analyte), ...publishedPoints(published)],
  }));
}

const ASSAY_KEYS = [["in_vivo", "block", "wide"], ["ebert", "other", "faint dashed"], ["salat", "other", "faint dotted"]];

function blockChart({ occupancy, time_min: times, dose }) {
  key(byId("occupancy-key"), ASSAY_KEYS.map(([assay, tone, look]) => ({ kind: "band", tone, look, text: ASSAY_NAMES[assay] })));
  return makeChart(byId("occupancy-chart"), (box) => ({ x: clockAxis(times, box), y: occupancyAxis(), layers: [...pumpStops(dose), ...occupancyLayers(times, occupancy, null)] }));
}

// Panels whose numbers are known: the words below each chart, and the chart itself.
function panelsOf(data) {
  const times = data.time_min;
  const panels = [{ name: "dose", title: doseTitle(data.dose), read: (at) => doseReading(data.dose, at), chart: makeChart(byId("dose-chart"), (box) => doseSpec(data, box)) }];
  if (data.parent.typical) panels.push({ name: "parent", title: levelTitle(times, data.parent, data.dose), read: (at) => levelReading(times, data.parent, at), chart: levelChart(data, "parent", data.published) });
  if (data.metabolite.typical) panels.push({ name: "metabolite", title: metaboliteTitle(times, data.metabolite, data.parent, data.dose), read: (at) => levelReading(times, data.metabolite, at), chart: levelChart(data, "metabolite", []) });
  if (data.occupancy) panels.push({ name: "occupancy", title: occupancyTitle(data.occupancy), read: (at) => blockReading(times, data.occupancy, at), chart: blockChart(data) });
  return panels;
}

function tellExposure() {
  const data = pageData();
  const times = data.time_min;
  themeButton();
  const panels = panelsOf(data);
  panels.forEach(({ name, title }) => {
    say(`${name}-title`, title);
    readoutRange(name, [times[0], times.at(-1)]);
  });
  if (data.parent.typical) say("spread-title", spreadTitle(data.parent));
  const rest = () => data.parent.peak_min ?? data.dose.end_min;
  const read = (at) => panels.forEach((panel) => readout(panel.name, at, panel.read(at)));
  shareReading(panels.map((panel) => panel.chart), { step: READ_EVERY_MIN, rest, read }).refresh();
  ready();
}

tellExposure();
