// One chart over time: axes, layers, and a reading line that mouse, finger and keyboard can move.

import { html, redrawOnResize, svg } from "./dom.js";
import { linear } from "./scale.js";
import { drawLayer } from "./shapes.js";

function boxOf(host) {
  const narrow = host.clientWidth < 480;
  const height = host.clientHeight;
  return { left: narrow ? 34 : 44, right: host.clientWidth - (narrow ? 8 : 14), top: 22, bottom: height - 24, width: host.clientWidth, height };
}

function horizontalAxis(axis, scaleX, box) {
  const marks = axis.ticks.map((tick) => {
    const x = scaleX(tick);
    const atEnd = x > box.right - 14;
    return svg("g", {},
      svg("line", { class: "tick", x1: x, x2: x, y1: box.bottom, y2: box.bottom + 4 }),
      svg("text", { class: "tick-text", x: atEnd ? box.right + 6 : x, y: box.bottom + 17, "text-anchor": atEnd ? "end" : "middle" }, axis.format(tick)));
  });
  const base = svg("line", { class: "base", x1: box.left, x2: box.right, y1: box.bottom, y2: box.bottom });
  return svg("g", {}, base, ...marks);
}

function verticalAxis(axis, scaleY, box) {
  const marks = axis.ticks.map((tick) => {
    const y = scaleY(tick);
    return svg("g", {},
      svg("line", { class: "grid", x1: box.left, x2: box.right, y1: y, y2: y }),
      svg("text", { class: "tick-text", x: box.left - 6, y: y + 4, "text-anchor": "end" }, axis.format(tick)));
  });
  const above = svg("text", { class: "axis-text", x: 0, y: 12 }, axis.above ?? "");
  const below = svg("text", { class: "axis-text halo", x: box.left + 6, y: box.bottom - 6 }, axis.below ?? "");
  return { grid: svg("g", {}, ...marks), words: svg("g", {}, above, axis.below ? below : null) };
}

function scalesOf(spec, box) {
  return { x: linear(spec.x.domain, [box.left, box.right]), y: linear(spec.y.domain, [box.bottom, box.top]) };
}

function clipped(id, box, layers) {
  const frame = svg("clipPath", { id }, svg("rect", { x: box.left - 6, y: 0, width: Math.max(0, box.right - box.left + 12), height: box.bottom }));
  return [frame, svg("g", { "clip-path": `url(#${id})` }, ...layers)];
}

function stageOf(host) {
  const stage = svg("svg", { "aria-hidden": "true", focusable: "false" });
  const plot = svg("g");
  const cursor = svg("g", { class: "cursor", visibility: "hidden" }, svg("line"));
  stage.append(plot, cursor);
  host.replaceChildren(stage);
  return { stage, plot, cursor };
}

let chartCount = 0;

// `describe(host)` gives the layers and axes of what is to be shown now. Returns { draw, point }.
export function makeChart(host, describe) {
  const { stage, plot, cursor } = stageOf(host);
  const clip = `clip-${(chartCount += 1)}`;
  let at = null;

  function draw() {
    if (!host.clientWidth) return;
    const box = boxOf(host);
    const spec = describe(box);
    const scale = scalesOf(spec, box);
    stage.setAttribute("viewBox", `0 0 ${box.width} ${box.height}`);
    const axis = verticalAxis(spec.y, scale.y, box);
    const layers = spec.layers.map((layer) => drawLayer(layer, scale.x, scale.y, box));
    plot.replaceChildren(axis.grid, ...clipped(clip, box, layers), horizontalAxis(spec.x, scale.x, box), axis.words);
    if (at !== null) point(at);
  }

  function point(x) {
    at = x;
    cursor.setAttribute("visibility", x === null ? "hidden" : "visible");
    if (x === null || !host.clientWidth) return;
    const box = boxOf(host);
    const place = scalesOf(describe(box), box).x(x);
    const line = cursor.firstChild;
    Object.entries({ x1: place, x2: place, y1: box.top - 4, y2: box.bottom }).forEach(([name, value]) => line.setAttribute(name, value));
  }

  function timeUnder(event) {
    const box = boxOf(host);
    const domain = describe(box).x.domain;
    const x = linear(domain, [box.left, box.right]).invert(event.clientX - host.getBoundingClientRect().left);
    return Math.min(domain[1], Math.max(domain[0], x));
  }

  redrawOnResize(host, draw);
  return { host, draw, point, timeUnder, domain: () => describe(boxOf(host)).x.domain };
}

const KEY_STEPS = { ArrowLeft: -1, ArrowRight: 1, PageDown: -6, PageUp: 6 };

// Let charts share one reading line. `reading` moves it in steps and is told what is read: { step, rest, read(x) }.
export function shareReading(charts, reading) {
  let at = null;
  const show = (x) => {
    at = x;
    charts.forEach((chart) => chart.point(x));
    reading.read(x ?? reading.rest(), x !== null);
  };
  charts.forEach((chart) => listen(chart, show, () => at ?? reading.rest(), reading));
  return { refresh: () => show(at) };
}

function listen(chart, show, where, reading) {
  const { host } = chart;
  host.addEventListener("pointermove", (event) => show(chart.timeUnder(event)));
  host.addEventListener("pointerdown", (event) => show(chart.timeUnder(event)));
  host.addEventListener("pointerleave", (event) => event.pointerType === "mouse" && show(null));
  host.addEventListener("focus", () => host.matches(":focus-visible") && show(where()));
  host.addEventListener("blur", () => show(null));
  host.addEventListener("keydown", (event) => {
    const [from, to] = chart.domain();
    const jump = { Home: from, End: to }[event.key];
    const step = KEY_STEPS[event.key];
    if (event.key === "Escape") return show(null);
    if (jump === undefined && step === undefined) return undefined;
    event.preventDefault();
    return show(jump ?? Math.min(to, Math.max(from, where() + step * reading.step)));
  });
}

export function key(host, entries) {
  host.replaceChildren(...entries.map(({ tone, look, text, kind }) =>
    html("span", { class: "key-entry" }, swatch(kind ?? "line", tone, look ?? ""), text)));
}

function swatch(kind, tone, look) {
  const shape = {
    line: () => svg("path", { class: `line tone-${tone} ${look}`, d: "M1,7H27" }),
    band: () => svg("rect", { class: `band tone-${tone} ${look}`, x: 1, y: 1, width: 26, height: 12 }),
    point: () => svg("g", { class: `point tone-${tone} ${look}` }, svg("circle", { cx: 14, cy: 7, r: 5 })),
  }[kind]();
  const both = kind === "band" ? svg("path", { class: `line tone-${tone} ${look}`, d: "M1,7H27" }) : null;
  return svg("svg", { class: "swatch", viewBox: "0 0 28 14", width: 28, height: 14, "aria-hidden": "true" }, shape, both);
}
