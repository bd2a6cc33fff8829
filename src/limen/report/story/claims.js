// Panel 4: the live figures of the claims, and the filter by verdict.

import { key, makeChart } from "./chart.js";
import { all, html, redrawOnResize, say, svg } from "./dom.js";
import { tallySentence } from "./findings.js";
import { hoursText, percent, plain } from "./format.js";
import { evenTicks, linear, niceCeiling } from "./scale.js";

const ROW = 42;
const TOP = 24;
const BOTTOM = 26;

// From 0 to the furthest value; `even` gives both sides of 0 the same room.
function spanOf(rows, even) {
  const values = rows.flatMap((row) => row.marks.flatMap((mark) => [mark.value, mark.low, mark.high])).filter((value) => typeof value === "number");
  const [low, high] = [Math.min(0, ...values), Math.max(0, ...values)];
  const ends = [low < 0 ? -niceCeiling(-low * 1.05) : 0, high > 0 ? niceCeiling(high * 1.05) : 0];
  return even ? [-Math.max(-ends[0], ends[1]), Math.max(-ends[0], ends[1])] : ends;
}

function rowMark(mark, scale, y) {
  const group = svg("g", { class: `point tone-${mark.tone} ${mark.look ?? ""}` });
  if (typeof mark.low === "number") group.append(svg("line", { class: "whisker-line", x1: scale(mark.low), x2: scale(mark.high), y1: y, y2: y }));
  group.append(svg("circle", { cx: scale(mark.value), cy: y, r: 5 }));
  return group;
}

function rowOf(row, scale, y) {
  const places = row.marks.map((mark) => scale(mark.value));
  const link = places.length > 1 ? svg("line", { class: "link", x1: Math.min(...places), x2: Math.max(...places), y1: y + 16, y2: y + 16 }) : null;
  return svg("g", {},
    svg("text", { class: "row-text", x: 0, y: y + 4 }, row.label),
    link,
    ...row.marks.map((mark) => rowMark(mark, scale, y + 16)));
}

// Rows of dots on one axis. `above` says what left and right mean.
function dotRows(host, { rows, above, name, even = false }) {
  const shown = rows.filter((row) => row.marks.length);
  host.style.height = `${TOP + BOTTOM + ROW * shown.length}px`;
  redrawOnResize(host, () => {
    const width = host.clientWidth;
    const scale = linear(spanOf(shown, even), [10, width - 10]);
    const bottom = TOP + ROW * shown.length;
    const ticks = evenTicks(spanOf(shown, even), 4).map((tick) => svg("g", {},
      svg("line", { class: tick === 0 ? "zero" : "grid", x1: scale(tick), x2: scale(tick), y1: TOP - 4, y2: bottom }),
      svg("text", { class: "tick-text", x: scale(tick), y: bottom + 16, "text-anchor": "middle" }, plain(tick))));
    host.replaceChildren(svg("svg", { viewBox: `0 0 ${width} ${TOP + BOTTOM + ROW * shown.length}`, role: "img", "aria-label": name },
      ...ticks, svg("text", { class: "axis-text", x: 0, y: 12 }, above), ...shown.map((row, index) => rowOf(row, scale, TOP + ROW * index + 10))));
  });
}

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
  return [{ tone: "drug", text: "ketamine" }, { tone: "control", look: "dashed", text: "conventional antidepressant" }];
}

function invertedU(host, figure) {
  host.classList.add("tall");
  const high = Math.max(...figure.p90);
  const low = Math.min(0, ...figure.p10);
  makeChart(host, () => ({
    x: { domain: [figure.block[0], figure.block.at(-1)], ticks: [0, 0.25, 0.5, 0.75, 1].filter((tick) => tick <= figure.block.at(-1)), format: percent },
    y: { domain: [low, high * 1.1], ticks: evenTicks([low, high], 4), format: plain, above: "glutamate signal against share of receptors blocked" },
    layers: [
      { kind: "band", tone: "block", look: "wide", x: figure.block, low: figure.p10, high: figure.p90 },
      { kind: "line", tone: "block", x: figure.block, y: figure.p50 },
    ],
  }));
  return [{ kind: "band", tone: "block", look: "wide", text: "middle, and 80 % of the doubt" }];
}

const DRAWN = { control_types: controlTypes, speed, link, inverted_u: invertedU };

function drawFigure(place, figures) {
  const figure = figures[place.dataset.figure];
  const draw = figure?.kind === "dots" ? dots : DRAWN[place.dataset.figure];
  if (!figure || !draw) return place.remove();
  const host = html("div", { class: "chart claim-chart" });
  const legend = html("p", { class: "key" });
  place.replaceChildren(legend, host);
  const entries = draw(host, figure);
  return entries.length ? key(legend, entries) : legend.remove();
}

function filterBy(verdict) {
  all(".verdict-filter").forEach((button) => button.setAttribute("aria-pressed", String(button.dataset.verdict === verdict)));
  all(".claim").forEach((card) => { card.hidden = Boolean(verdict) && card.dataset.verdict !== verdict; });
}

export function claimsPanel(data) {
  say("claims-title", tallySentence(data.claims));
  all(".claim-figure").forEach((place) => drawFigure(place, data.figures));
  all(".verdict-filter").forEach((button) => button.addEventListener("click", () => {
    filterBy(button.getAttribute("aria-pressed") === "true" ? "" : button.dataset.verdict);
  }));
}
