// Rows of dots on one axis: published values side by side.

import { redrawOnResize, svg } from "./dom.js";
import { plain } from "./format.js";
import { evenTicks, linear, niceCeiling } from "./scale.js";

const ROW = 42;
const TOP = 24;
const BOTTOM = 26;
const LINE = 14;
// Width of a letter of the row text, at most, in pixels.
const LETTER = 6.3;

// A label in lines that fit, broken at its blanks.
function linesOf(label, width) {
  const most = Math.max(12, Math.floor(width / LETTER));
  return label.split(" ").reduce((lines, word) => {
    const longer = `${lines.at(-1)} ${word}`;
    return longer.length <= most ? [...lines.slice(0, -1), longer] : [...lines, word];
  }, [""]).map((line) => line.trim()).filter(Boolean);
}

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

function rowOf({ row, lines, y }, scale) {
  const places = row.marks.map((mark) => scale(mark.value));
  const below = y + 16 + LINE * (lines.length - 1);
  const link = places.length > 1 ? svg("line", { class: "link", x1: Math.min(...places), x2: Math.max(...places), y1: below, y2: below }) : null;
  return svg("g", {},
    ...lines.map((line, index) => svg("text", { class: "row-text", x: 0, y: y + 4 + LINE * index }, line)),
    link,
    ...row.marks.map((mark) => rowMark(mark, scale, below)));
}

// Every row with its lines and where it stands, one below the other.
function placed(rows, width) {
  let y = TOP + 10;
  return rows.map((row) => {
    const lines = linesOf(row.label, width);
    const found = { row, lines, y };
    y += ROW + LINE * (lines.length - 1);
    return found;
  });
}

// `above` says what left and right mean.
export function dotRows(host, { rows, above, name, even = false }) {
  const shown = rows.filter((row) => row.marks.length);
  redrawOnResize(host, () => {
    const width = host.clientWidth;
    const scale = linear(spanOf(shown, even), [10, width - 10]);
    const at = placed(shown, width);
    const bottom = TOP + ROW * shown.length + LINE * at.reduce((sum, { lines }) => sum + lines.length - 1, 0);
    host.style.height = `${bottom + BOTTOM}px`;
    const ticks = evenTicks(spanOf(shown, even), 4).map((tick) => svg("g", {},
      svg("line", { class: tick === 0 ? "zero" : "grid", x1: scale(tick), x2: scale(tick), y1: TOP - 4, y2: bottom }),
      svg("text", { class: "tick-text", x: scale(tick), y: bottom + 16, "text-anchor": "middle" }, plain(tick))));
    host.replaceChildren(svg("svg", { viewBox: `0 0 ${width} ${bottom + BOTTOM}`, role: "img", "aria-label": name },
      ...ticks, svg("text", { class: "axis-text", x: 0, y: 12 }, above), ...at.map((one) => rowOf(one, scale))));
  });
}
