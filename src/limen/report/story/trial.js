// The page of a virtual trial.

import { key, makeChart, shareReading } from "./chart.js";
import { byId, pageData, say } from "./dom.js";
import { capital, hoursText, number, percent } from "./format.js";
import { dayAxis } from "./mood.js";
import { readout, readoutRange } from "./reading.js";
import { dotRows } from "./rows.js";
import { along, nearest } from "./scale.js";
import { ready, themeButton } from "./theme.js";
import { armLayers, changeAxis, shareAxis, signedPoints, sizeAxis, sizeLayers, wantedLayer } from "./trial_charts.js";

const TRIAL_STEP_H = 12;
const CONTROL_TONES = ["drug", "control", "block", "felt", "other"];

function armKey(data) {
  return data.plan.map((arm) => ({ kind: "band", tone: arm.tone, look: arm.tone === "control" ? "wide dashed" : "wide", text: arm.name }));
}

function armsReading(data, name, at, said) {
  const { time_h: times, arms } = data.curves;
  const index = nearest(times, at);
  const parts = arms.map((arm, place) => {
    const band = arm[name];
    if (band.p50[index] === null) return `${data.plan[place].name} not called a response here`;
    const read = (word) => said(name === "change" ? along(times, band[word], at) : band[word][index]);
    return `${data.plan[place].name} ${read("p50")} (${read("p05")} to ${read("p95")})`;
  });
  return `${capital(hoursText(at))}: ${parts.join("; ")}.`;
}

function changeTitle(data) {
  const shown = data.curves.arms.map((arm, index) => `${data.plan[index].name} ${signedPoints(arm.change.p50.at(-1))}`);
  return `Mean change by ${hoursText(data.curves.time_h.at(-1))}: ${shown.join(", ")} points`;
}

function responseTitle(data) {
  const shown = data.curves.arms.map((arm, index) => [data.plan[index].name, arm.response.p50.at(-1)]).filter(([, value]) => value !== null);
  if (!shown.length) return "No time at which this scale may be called a response";
  return `Responders by ${hoursText(data.curves.time_h.at(-1))}: ${shown.map(([name, value]) => `${name} ${percent(value)}`).join(", ")}`;
}

function armPanels(data) {
  const { time_h: times, arms } = data.curves;
  const charts = [
    makeChart(byId("change-chart"), (box) => ({ x: dayAxis(times, box), y: changeAxis(arms), layers: armLayers(times, arms, data.plan, "change") })),
    makeChart(byId("response-chart"), (box) => ({ x: dayAxis(times, box), y: shareAxis("share of the arm that responds"), layers: armLayers(times, arms, data.plan, "response") })),
  ];
  say("change-title", changeTitle(data));
  say("response-title", responseTitle(data));
  ["change", "response"].forEach((name) => {
    key(byId(`${name}-key`), armKey(data));
    readoutRange(name, [times[0], times.at(-1)]);
  });
  const read = (at) => {
    readout("change", at, armsReading(data, "change", at, (value) => number(value, 1)));
    readout("response", at, armsReading(data, "response", at, percent));
  };
  shareReading(charts, { step: TRIAL_STEP_H, rest: () => times.at(-1), read }).refresh();
}

function sizePanel(name, curves, wanted, title, above) {
  const sizes = curves[0].rows.map((row) => row.n);
  const chart = makeChart(byId(`${name}-chart`), (box) => ({
    x: sizeAxis(sizes, box), y: shareAxis(above),
    layers: [wantedLayer(sizes, wanted), ...curves.flatMap((curve) => sizeLayers(curve.rows, curve.tone, curve.tone === "control" ? "dashed" : ""))],
  }));
  say(`${name}-title`, title);
  key(byId(`${name}-key`), [
    ...curves.map((curve) => ({ kind: "band", tone: curve.tone, look: curve.tone === "control" ? "wide dashed" : "wide", text: curve.text })),
    { kind: "line", tone: "ink", look: "limit", text: `wanted: ${percent(wanted)}` },
  ]);
  readoutRange(name, [sizes[0], sizes.at(-1)]);
  const read = (at) => {
    const parts = curves.map((curve) => {
      const row = curve.rows[nearest(sizes.map(Math.log), at)];
      return { n: row.n, text: `${curve.text} ${percent(row.power)} (± ${number(196 * row.power_mc_error, 1)})` };
    });
    readout(name, Math.exp(at), `${parts[0].n} people in an arm: ${parts.map((part) => part.text).join("; ")}.`);
  };
  shareReading([chart], { step: 0.2, rest: () => Math.log(sizes.at(-1)), read }).refresh();
}

function sizeTitle(size) {
  if (size.n === null) return `No size that was tried gives ${percent(size.wanted_power)} power`;
  return `${size.n} people in the larger arm give ${percent(size.wanted_power)} power`;
}

function questionTitle(question) {
  const told = question.controls.map((one) => `${one.control} ${one.n === null ? `more than ${one.sizes.at(-1).n}` : one.n}`);
  return `People in an arm that tell ${question.joint} from ${question.against} in ${percent(question.wanted_power)} of trials: ${told.join(", ")}`;
}

function jointRows(data) {
  const endpoint = data.found.endpoint;
  const fraction = endpoint && endpoint.unit === "fraction";
  const scaled = (value) => (fraction ? 100 * value : value);
  dotRows(byId("joint-rows"), {
    above: `${endpoint ? "difference between the arms" : "mean change"}, ${fraction ? "% of people" : endpoint?.unit ?? "points"}`,
    name: "What each side of each joint changes",
    rows: data.under_joints.map((row) => ({
      label: row.joint ? `${row.joint} = ${row.side}${row.power === null ? "" : `: found in ${percent(row.power)}`}` : `as written${row.power === null ? "" : `: found in ${percent(row.power)}`}`,
      marks: [{ tone: row.joint ? "other" : "drug", value: scaled(row.value), low: scaled(row.low), high: scaled(row.high) }],
    })),
  });
}

function tellTrial() {
  const data = pageData();
  const { sample_size: size, question } = data.found;
  themeButton();
  if (data.curves) armPanels(data);
  if (size) sizePanel("size", [{ rows: size.curve, tone: "drug", text: "power, with its Monte Carlo error" }], size.wanted_power, sizeTitle(size), "share of trials that find it");
  if (question) {
    const curves = question.controls.map((one, index) => ({ rows: one.sizes, tone: CONTROL_TONES[index % CONTROL_TONES.length], text: one.control }));
    sizePanel("question", curves, question.wanted_power, questionTitle(question), "share of trials told apart");
  }
  if (data.under_joints.length) jointRows(data);
  ready();
}

tellTrial();
