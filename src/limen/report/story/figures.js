// The figures of the claims, from published values or from the story itself. Each gives the entries of its key.

import { makeChart } from "./chart.js";
import { html } from "./dom.js";
import { hoursText, laterText, percent, plain } from "./format.js";
import { dayAxis } from "./mood.js";
import { dotRows } from "./rows.js";
import { evenTicks } from "./scale.js";
import { cellKey } from "./state.js";

function isNumber(value) {
  return typeof value === "number";
}

function controlTypes(host, rows) {
  dotRows(host, {
    above: "\u2190 better: change of the depression score in points",
    name: "Change of the depression score with drug and with control, by trial",
    rows: rows.map((row) => ({
      label: `${row.study}, against ${row.setting}${row.h ? `, ${hoursText(row.h)}` : ""}`,
      marks: [{ tone: "control", look: "hollow", value: row.control }, { tone: "drug", value: row.drug }].filter((mark) => isNumber(mark.value)),
    })),
  });
  return [{ kind: "point", tone: "drug", text: "drug" }, { kind: "point", tone: "control", look: "hollow", text: "control" }];
}

function link(host, rows) {
  const units = [...new Set(rows.map((row) => row.unit))];
  for (const unit of units) {
    const place = html("div", { class: "sub-figure" });
    host.append(place);
    dotRows(place, {
      above: `${unit === "r" ? "correlation (r)" : unit}: left of 0 = dissociation goes with benefit`,
      name: `Published size of the link, in ${unit}`,
      even: true,
      rows: rows.filter((row) => row.unit === unit).map((row) => ({
        label: row.n ? `${row.study} (n ${row.n})` : row.study,
        marks: [{ tone: "felt", value: row.value, low: row.low, high: row.high }].filter((mark) => isNumber(mark.value)),
      })),
    });
  }
  return [];
}

function dots(host, figure) {
  dotRows(host, {
    above: figure.axis ?? figure.unit ?? "",
    name: figure.title ?? "Published values",
    rows: figure.rows.map((row) => ({ label: row.label, marks: [{ tone: row.tone ?? "drug", value: row.value, low: row.low, high: row.high }].filter((mark) => isNumber(mark.value)) })),
  });
  return [];
}

function speed(host, figure) {
  host.classList.add("tall");
  const curves = [["ketamine", "drug", "", 1 / 24], ["conventional", "control", "dashed", 1]].filter(([name]) => figure[name]);
  const last = Math.max(...curves.flatMap(([name, , , factor]) => figure[name].map(([time]) => time * factor)));
  const layers = curves.flatMap(([name, tone, look, factor]) => {
    const [x, y] = [figure[name].map(([time]) => time * factor), figure[name].map(([, share]) => share)];
    return [{ kind: "line", tone, look, x, y }, ...x.map((day, index) => ({ kind: "point", tone, x: day, y: y[index] }))];
  });
  const top = Math.max(1, ...layers.filter((layer) => layer.kind === "line").flatMap((layer) => layer.y));
  makeChart(host, () => ({
    x: { domain: [0, last * 1.02], ticks: evenTicks([0, last], 6), format: (day) => (day === 0 ? "0" : `day ${day}`) },
    y: { domain: [0, top * 1.05], ticks: [0, 0.25, 0.5, 0.75, 1], format: percent, above: "share of the full effect that is there" },
    layers,
  }));
  const names = { ketamine: "ketamine", conventional: "conventional antidepressant", ...figure.labels };
  return [{ tone: "drug", text: names.ketamine }, { tone: "control", look: "dashed", text: names.conventional }];
}

const CIRCUIT_TONES = ["drug", "felt"];

function invertedU(host, figure) {
  host.classList.add("tall");
  const circuit = figure.circuit ?? [];
  const high = Math.max(...figure.p90, ...circuit.flatMap((one) => one.y));
  const low = Math.min(0, ...figure.p10, ...circuit.flatMap((one) => one.y));
  makeChart(host, () => ({
    x: { domain: [figure.block[0], figure.block.at(-1)], ticks: [0, 0.25, 0.5, 0.75, 1].filter((tick) => tick <= figure.block.at(-1)), format: percent },
    y: { domain: [low, high * 1.1], ticks: evenTicks([low, high], 4), format: plain, above: "glutamate signal against share of receptors blocked" },
    layers: [
      { kind: "band", tone: "block", look: "wide", x: figure.block, low: figure.p10, high: figure.p90 },
      { kind: "line", tone: "block", x: figure.block, y: figure.p50 },
      ...circuit.map((one, index) => ({ kind: "line", tone: CIRCUIT_TONES[index], look: "", x: figure.block, y: one.y })),
    ],
  }));
  const simulated = circuit.map((one, index) => ({ kind: "line", tone: CIRCUIT_TONES[index], look: "", text: `circuit ${one.label}` }));
  return [{ kind: "band", tone: "block", look: "wide", text: "middle, and 80 % of the doubt" }, ...simulated];
}

function curvesHeight(lines) {
  const values = lines.flatMap((line) => [...line.y, ...(line.high ?? [])]);
  const lows = lines.flatMap((line) => [...line.y, ...(line.low ?? [])]);
  return [Math.min(0, ...lows), 1.05 * Math.max(...values)];
}

// Any curves: { x, lines: [{ label, y, low, high, tone, look }], above, x_label, days }.
function curves(host, figure) {
  host.classList.add("tall");
  const { x, lines } = figure;
  const layers = lines.flatMap((line) => {
    const tone = line.tone ?? "drug";
    const band = line.low ? [{ kind: "band", tone, look: "wide", x, low: line.low, high: line.high }] : [];
    return [...band, { kind: "line", tone, look: line.look ?? "", x, y: line.y }];
  });
  const domain = curvesHeight(lines);
  const plainAxis = { domain: [x[0], x.at(-1)], ticks: evenTicks([x[0], x.at(-1)], 5), format: (value) => `${plain(value)}${figure.x_unit ? ` ${figure.x_unit}` : ""}` };
  makeChart(host, (box) => ({
    x: figure.days ? dayAxis(x, box) : plainAxis,
    y: { domain, ticks: evenTicks(domain, 4), format: plain, above: figure.above ?? "" },
    layers,
  }));
  return lines.map((line) => ({ kind: line.low ? "band" : "line", tone: line.tone ?? "drug", look: line.look ?? (line.low ? "wide" : ""), text: line.label }));
}

const DRAWN = { control_types: controlTypes, speed, link, inverted_u: invertedU };

function advantage(mood) {
  return mood.same_visit.p50.map((score, index) => score - mood.drug.p50[index]);
}

// How far the benefit hangs on each joint: the difference one day later, under each switch.
function jointsLive(host, data) {
  const moods = startMoods(data);
  const row = (label, mood) => {
    const { mean, p10, p90 } = mood.difference;
    return { label, marks: [{ tone: "drug", value: mean[0], low: p10[0], high: p90[0] }] };
  };
  const switched = Object.entries(moods).filter(([name]) => name !== "default");
  dotRows(host, {
    above: `points better with the drug, ${laterText(moods.default.difference.h[0])} \u2192`,
    name: "Benefit one day later as it stands and under each switch of a joint",
    rows: [row("every joint at its default", moods.default), ...switched.map(([name, mood]) => row(name.replace("=", ": ").replaceAll("_", " "), mood))],
  });
  return [];
}

function startMoods(data) {
  return data.cells[cellKey(data.grid.start)].mood;
}

// The benefit over time as it stands and under one switch.
function againstDefault(name, words) {
  return (host, data) => {
    const moods = startMoods(data);
    if (!moods[name]) return null;
    return curves(host, {
      x: data.mood_time_h,
      days: true,
      above: "points better with the drug",
      lines: [{ label: words[0], tone: "drug", y: advantage(moods.default) }, { label: words[1], tone: "control", look: "dashed", y: advantage(moods[name]) }],
    });
  };
}

// Figures that the story itself can draw where no other is handed over.
export const LIVE = {
  joints: jointsLive,
  mood_drivers: againstDefault("J4=glutamate", ["early effect driven by the block", "driven by glutamate"]),
  delay: againstDefault("J5=cut", ["with the slow branch (synapses)", "without it"]),
};

const KINDS = { dots, curves };

export function drawerOf(figure, id) {
  return KINDS[figure.kind] ?? DRAWN[id];
}
