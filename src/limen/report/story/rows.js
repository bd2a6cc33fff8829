// Rows of dots on one axis: published values side by side.

import { redrawOnResize, svg } from "./dom.js";
import { plain } from "./format.js";
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

// `above` says what left and right mean.
export function dotRows(host, { rows, above, name, even = false }) {
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
