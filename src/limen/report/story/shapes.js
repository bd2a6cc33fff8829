// The marks of a chart, as SVG: bands, lines, points, bars.

import { svg } from "./dom.js";

const SHIFT_PX = 13;

function place(x, y) {
  return `${x.toFixed(1)},${y.toFixed(1)}`;
}

export function linePath(xs, ys, scaleX, scaleY) {
  return "M" + xs.map((x, index) => place(scaleX(x), scaleY(ys[index]))).join("L");
}

export function bandPath(xs, low, high, scaleX, scaleY) {
  const back = xs.map((x, index) => place(scaleX(x), scaleY(low[index]))).reverse();
  return `${linePath(xs, high, scaleX, scaleY)}L${back.join("L")}Z`;
}

function band(layer, scaleX, scaleY) {
  return svg("path", {
    class: `band tone-${layer.tone} ${layer.look ?? ""}`,
    d: bandPath(layer.x, layer.low, layer.high, scaleX, scaleY),
  });
}

function line(layer, scaleX, scaleY) {
  return svg("path", {
    class: `line tone-${layer.tone} ${layer.look ?? ""}`,
    d: linePath(layer.x, layer.y, scaleX, scaleY),
  });
}

function bar(layer, scaleX, scaleY) {
  const top = scaleY(layer.to);
  return svg("rect", {
    class: `bar tone-${layer.tone} ${layer.look ?? ""}`,
    x: scaleX(layer.from),
    y: top,
    width: Math.max(1, scaleX(layer.until) - scaleX(layer.from)),
    height: Math.max(0, scaleY(0) - top),
  });
}

function whisker(x, low, high, look) {
  const ends = [low, high].map((y) => svg("line", { x1: x - 4, x2: x + 4, y1: y, y2: y }));
  return svg("g", { class: `whisker ${look}` }, svg("line", { x1: x, x2: x, y1: low, y2: high }), ...ends);
}

// The letter by which the list below names a point: beside its dot, or above a range without a dot.
function flag(point, x, scaleY, hasValue) {
  if (!point.letter) return null;
  const side = point.crowded ? { x: x - 9, "text-anchor": "end" } : { x: x + 9 };
  if (hasValue) return svg("text", { class: "letter", ...side, y: scaleY(point.y) + 4 }, point.letter);
  return svg("text", { class: "letter", x, y: scaleY(point.high) - 7, "text-anchor": "middle" }, point.letter);
}

// Points at one time are set side by side; the first of them carries its letter on the free side.
export function sideBySide(points) {
  const seen = new Map();
  const placed = points.map((point) => {
    const before = seen.get(point.x) ?? 0;
    seen.set(point.x, before + 1);
    return { ...point, shift: before * SHIFT_PX };
  });
  return placed.map((point) => ({ ...point, crowded: point.shift === 0 && seen.get(point.x) > 1 }));
}

function dot(point, scaleX, scaleY) {
  const x = scaleX(point.x) + (point.shift ?? 0);
  const look = `tone-${point.tone} ${point.look ?? ""}`;
  const group = svg("g", { class: `point ${look}` });
  const hasRange = point.low !== null && point.low !== undefined;
  if (hasRange) group.append(whisker(x, scaleY(point.low), scaleY(point.high), look));
  const hasValue = point.y !== null && point.y !== undefined;
  if (hasValue) group.append(svg("circle", { cx: x, cy: scaleY(point.y), r: 5 }));
  const letter = flag(point, x, scaleY, hasValue);
  if (letter) group.append(letter);
  return group;
}

function rule(layer, scaleX, _scaleY, box) {
  const x = scaleX(layer.at);
  const text = layer.text ? svg("text", { class: "rule-text", x: x + 4, y: box.top + 10 }, layer.text) : null;
  return svg("g", { class: "rule" }, svg("line", { x1: x, x2: x, y1: box.top, y2: box.bottom }), text);
}

const DRAW = { band, line, bar, rule, point: dot };

export function drawLayer(layer, scaleX, scaleY, box) {
  return DRAW[layer.kind](layer, scaleX, scaleY, box);
}
