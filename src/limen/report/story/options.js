// The options to review: fifty equally likely outcomes of each, at one horizon, and the reader's own weights.

import { all, byId, html, redrawOnResize, svg } from "./dom.js";
import { amount, capital, hoursText, number, percent } from "./format.js";
import { evenTicks, linear } from "./scale.js";

const DOT_PX = 9;
const AXIS_PX = 24;
const PARTS = [["person", "the person"], ["parameters", "parameters"], ["models", "models"], ["joints", "joints"]];
const BURDENS = [["dissociation", "CADSS point at the peak"], ["pressure", "mmHg at the peak"], ["dose", "mg/kg given"]];

function known(options) {
  return options.rows.filter((row) => row.fifty);
}

function span(options) {
  const values = known(options).flatMap((row) => row.fifty.flat());
  return [Math.floor(Math.min(0, ...values) / 5) * 5, Math.ceil(Math.max(10, ...values) / 5) * 5];
}

// Dots of one column stand on each other; a column is as wide as a dot.
export function stacked(values, scale) {
  const columns = new Map();
  return values.map((value) => {
    const column = Math.round(scale(value) / DOT_PX);
    const height = columns.get(column) ?? 0;
    columns.set(column, height + 1);
    return { x: column * DOT_PX, height, value };
  });
}

function dots(row, at, domain, width) {
  const scale = linear(domain, [DOT_PX, width - DOT_PX]);
  const placed = stacked(row.fifty[at], scale);
  const height = DOT_PX * (1 + Math.max(...placed.map((dot) => dot.height))) + AXIS_PX;
  const base = height - AXIS_PX;
  const circles = placed.map((dot) => svg("circle", { class: "fifty", cx: dot.x, cy: base - DOT_PX * (dot.height + 0.5), r: DOT_PX / 2 - 0.7 }));
  const ticks = evenTicks(domain, Math.max(2, width / 90)).flatMap((tick) => [
    svg("line", { class: "tick", x1: scale(tick), x2: scale(tick), y1: base, y2: base + 5 }),
    svg("text", { class: "axis-text", x: scale(tick), y: base + 18, "text-anchor": "middle" }, number(tick)),
  ]);
  const zero = svg("line", { class: "zero", x1: scale(0), x2: scale(0), y1: 0, y2: base });
  const line = svg("line", { class: "base", x1: 0, x2: width, y1: base, y2: base });
  return svg("svg", { width, height, viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": spoken(row, at) }, zero, line, ...ticks, ...circles);
}

function spoken(row, at) {
  const { mean, p10, p90 } = row.benefit[at];
  return `${row.name}: fall of ${number(mean)} points on average, 80 of 100 between ${number(p10)} and ${number(p90)}`;
}

function chance(value, text) {
  return value === null || value === undefined ? `${text}: not known` : `${text}: ${percent(value)}`;
}

function factsOf(row, at) {
  const { mean, p10, p90 } = row.benefit[at];
  const facts = [mean === null ? "fall: not known" : `fall ${number(mean)} points (${number(p10)} to ${number(p90)})`];
  if (row.kind === "stop and review") return facts;
  facts.push(chance(row.response_probability[at], "response"), chance(row.dissociation_above_limit_probability, "dissociation above the limit"), chance(row.pressure_above_limit_probability, "pressure above the limit"));
  if (row.dose) facts.push(`peak ${amount(row.peak_ng_per_ml.p50)} ng/mL (${amount(row.peak_ng_per_ml.p05)} to ${amount(row.peak_ng_per_ml.p95)})`, `${percent(row.occupancy_peak.p50)} of receptors blocked at the peak (${percent(row.occupancy_peak.p05)} to ${percent(row.occupancy_peak.p95)})`, `${number(row.cumulative_mg_per_kg_90d, 2)} mg/kg in 90 days`);
  return facts;
}

function doubtBar(row, at) {
  if (!row.doubt) return null;
  const shares = row.doubt[at];
  const text = PARTS.map(([key, name]) => `${name} ${percent(shares[key])}`).join(", ");
  const pieces = PARTS.map(([key]) => html("span", { class: `doubt-${key}`, style: `flex-grow:${shares[key]}` }));
  return html("p", { class: "doubt" }, html("span", { class: "doubt-bar", "aria-hidden": "true" }, ...pieces), html("span", {}, `Doubt from ${text}`));
}

function mostMoved(row, at) {
  const mean = row.benefit[at].mean;
  if (mean === null) return null;
  const moved = Object.entries(row.under).map(([side, means]) => [side, means[at]]).filter(([, value]) => value !== null);
  moved.sort((one, other) => Math.abs(other[1] - mean) - Math.abs(one[1] - mean));
  const said = moved.slice(0, 2).map(([side, value]) => `${side.replace("_", " ")} ${number(value)}`);
  return html("p", { class: "note" }, `Moved most by the joints: ${said.join(", ")}.`);
}

function optionCard(row, at, domain) {
  const host = html("div", { class: "fifty-chart" });
  const says = row.fifty ? null : html("p", { class: "note" }, `${capital(row.unknown_because.benefit ?? "not known")}.`);
  const beyond = row.basis === "data" ? null : html("span", { class: "mark mark-open" }, "beyond what was fitted");
  const card = html("article", { class: "option" },
    html("h3", {}, capital(row.name), " ", beyond ?? ""),
    host, says,
    html("ul", { class: "option-facts" }, ...factsOf(row, at).map((fact) => html("li", {}, fact))),
    doubtBar(row, at), mostMoved(row, at),
    ...[...row.extrapolates, ...row.reasons].map((sentence) => html("p", { class: "note" }, sentence)));
  return { card, draw: () => row.fifty && host.clientWidth && host.replaceChildren(dots(row, at, domain, host.clientWidth)) };
}

function showHorizon(options, at) {
  const domain = span(options);
  const cards = options.rows.map((row) => optionCard(row, at, domain));
  const host = byId("options-cards");
  host.replaceChildren(...cards.map((one) => one.card));
  cards.forEach((one) => one.draw());
  all("[data-horizon]").forEach((button) => button.setAttribute("aria-pressed", String(Number(button.dataset.horizon) === at)));
  return () => cards.forEach((one) => one.draw());
}

function horizonButtons(options, choose) {
  byId("options-horizons").replaceChildren(...options.horizons_h.map((hours, at) => {
    const button = html("button", { type: "button", "data-horizon": at }, `${capital(hoursText(hours))} after the visit`);
    button.addEventListener("click", () => choose(at));
    return button;
  }));
}

function netOf(counts, weights) {
  return counts.benefit - BURDENS.reduce((sum, [key]) => sum + weights[key] * counts[key], 0);
}

function weighTable(options, weights) {
  const body = known(options).map((row) => html("tr", {}, html("th", { scope: "row" }, capital(row.name)),
    ...[row.counts.benefit, row.counts.dissociation, row.counts.pressure, row.counts.dose].map((value, k) => html("td", {}, number(value, k === 3 ? 2 : 1))),
    html("td", { class: "net" }, number(netOf(row.counts, weights), 1))));
  byId("weigh-rows").replaceChildren(...body);
}

function weighPanel(options) {
  const weights = Object.fromEntries(BURDENS.map(([key]) => [key, 0]));
  for (const [key] of BURDENS) {
    byId(`weigh-${key}`).addEventListener("input", (event) => {
      weights[key] = Number(event.target.value);
      byId(`weigh-${key}-value`).textContent = `${number(weights[key], 2)} points`;
      weighTable(options, weights);
    });
  }
  weighTable(options, weights);
}

export function optionsPanel(options) {
  if (!options || !options.rows.length) return;
  let redraw = () => {};
  const choose = (at) => { redraw = showHorizon(options, at); };
  horizonButtons(options, choose);
  choose(0);
  redrawOnResize(byId("options-cards"), () => redraw());
  if (known(options).length) weighPanel(options);
}
