// The chain of arrows: boxes, arrows, and one button on each arrow that is a joint.

import { svg } from "./dom.js";

const LABELS = {
  given: ["what is", "given"],
  brain: ["what reaches", "the brain"],
  block: ["receptors", "blocked"],
  glutamate: ["glutamate", "released"],
  fast: ["fast effect", "on mood"],
  synapses: ["synapses", "strengthen"],
  dissociation: ["feeling", "detached"],
  expectation: ["what people", "expect"],
  score: ["depression", "score"],
};

// Places as shares of the width and height; sides: where an arrow leaves (l, r, t, b) and where it enters.
const WIDE = {
  height: 370,
  reach: 150,
  half: [50, 24],
  at: {
    given: [0, 0.47], brain: [0.19, 0.47], block: [0.38, 0.47], glutamate: [0.53, 0.09], fast: [0.77, 0.27], synapses: [0.77, 0.6],
    dissociation: [0.38, 0.88], expectation: [1, 0.09], score: [1, 0.47],
  },
  sides: {
    "given>brain": "rl", "brain>block": "rl", "block>glutamate": "tl", "block>fast": "rl", "block>synapses": "rl", "glutamate>fast": "rl",
    "glutamate>synapses": "bl", "brain>dissociation": "bl", "block>dissociation": "bt", "dissociation>score": "rb", "expectation>score": "bt",
    "fast>score": "rl", "synapses>score": "rl",
  },
  along: { J4: 0.68, J5: 0.68, J7: 0.45 },
  beside: ["J8"],
};

const NARROW = {
  height: 640,
  reach: 90,
  half: [44, 23],
  at: {
    given: [0, 0.04], brain: [0, 0.21], block: [0, 0.385], glutamate: [0.58, 0.385], fast: [0, 0.68], synapses: [0.52, 0.68],
    dissociation: [1, 0.21], expectation: [0, 0.93], score: [0.62, 0.93],
  },
  sides: {
    "given>brain": "bt", "brain>block": "bt", "block>glutamate": "rl", "block>fast": "bt", "block>synapses": "bt", "glutamate>fast": "bt",
    "glutamate>synapses": "bt", "brain>dissociation": "rl", "block>dissociation": "rb", "dissociation>score": "br", "expectation>score": "rl",
    "fast>score": "bt", "synapses>score": "bt",
  },
  along: { J4: 0.36, J5: 0.78, J7: 0.62 },
  beside: ["J1", "J2", "J4", "J5"],
};

// Which box the arrow of a joint leaves, and where it ends. Some words move its beginning.
const ARROWS = {
  J1: { from: "given", to: "brain" },
  J2: { from: "brain", to: "block" },
  J3: { from: "block", to: "glutamate" },
  J4: { from: "block", to: "fast", words: { glutamate: "glutamate" } },
  J5: { from: "block", to: "synapses", words: { glutamate: "glutamate" } },
  J6: { from: "brain", to: "dissociation", words: { rhythm: "block" } },
  J7: { from: "dissociation", to: "score" },
  J8: { from: "expectation", to: "score" },
};
const PLAIN_ARROWS = [["fast", "score"], ["synapses", "score"]];
const TURN = { l: [-1, 0], r: [1, 0], t: [0, -1], b: [0, 1] };
const JOINT_RADIUS = 17;

function layoutFor(width) {
  return width < 640 ? NARROW : WIDE;
}

function edge(layout, width, name, side) {
  const [x, y] = layout.at[name];
  const [dx, dy] = TURN[side];
  const [halfX, halfY] = layout.half;
  return [x * (width - 2 * halfX - 4) + halfX + 2 + dx * (halfX + 3), y * layout.height + dy * (halfY + 3)];
}

function curve(layout, width, from, to) {
  const [out, into] = layout.sides[`${from}>${to}`];
  const [a, d] = [edge(layout, width, from, out), edge(layout, width, to, into)];
  const reach = Math.min(layout.reach, 0.45 * Math.hypot(d[0] - a[0], d[1] - a[1]));
  const b = [a[0] + TURN[out][0] * reach, a[1] + TURN[out][1] * reach];
  const c = [d[0] + TURN[into][0] * reach, d[1] + TURN[into][1] * reach];
  return { a, b, c, d, into };
}

function pathOf({ a, b, c, d }) {
  return `M${a}C${b} ${c} ${d}`;
}

function pointOn({ a, b, c, d }, share) {
  const rest = 1 - share;
  return [0, 1].map((axis) => rest ** 3 * a[axis] + 3 * rest ** 2 * share * b[axis] + 3 * rest * share ** 2 * c[axis] + share ** 3 * d[axis]);
}

function head({ d, into }) {
  const [dx, dy] = TURN[into];
  const [x, y] = d;
  return `M${x},${y}L${x + 8 * dx + 4.5 * dy},${y + 8 * dy + 4.5 * dx}L${x + 8 * dx - 4.5 * dy},${y + 8 * dy - 4.5 * dx}Z`;
}

function arrow(route, look) {
  return svg("g", { class: `arrow ${look}` }, svg("path", { class: "shaft", d: pathOf(route) }), svg("path", { class: "head", d: head(route) }));
}

function boxNode(layout, width, name) {
  const [x, y] = layout.at[name];
  const [halfX, halfY] = layout.half;
  const centre = x * (width - 2 * halfX - 4) + halfX + 2;
  const top = y * layout.height;
  const lines = LABELS[name].map((text, index) => svg("text", { x: centre, y: top - 3 + 15 * index, "text-anchor": "middle" }, text));
  return svg("g", { class: `box box-${name}` }, svg("rect", { x: centre - halfX, y: top - halfY, width: 2 * halfX, height: 2 * halfY, rx: 8 }), ...lines);
}

function sourceBox(joint, word) {
  return ARROWS[joint.id].words?.[word] ?? ARROWS[joint.id].from;
}

function lookOf(joint, word) {
  if (word === "cut") return "cut";
  return word === joint.default ? "" : "switched";
}

function wordLabel(word, [x, y], beside) {
  const place = beside ? { x: x + JOINT_RADIUS + 6, y: y + 4 } : { x, y: y + JOINT_RADIUS + 14, "text-anchor": "middle" };
  return svg("text", { class: "word", ...place }, word.replaceAll("_", " "));
}

function jointButton(joint, word, route, layout, selected, onPick) {
  const [x, y] = pointOn(route, layout.along[joint.id] ?? 0.5);
  const look = `joint ${lookOf(joint, word)} ${selected ? "selected" : ""}`;
  const button = svg("g", { class: look, role: "button", tabindex: 0, "data-joint": joint.id, "aria-pressed": String(selected), "aria-label": `${joint.id}, ${joint.arrow}. Now: ${word}.` },
    svg("circle", { cx: x, cy: y, r: JOINT_RADIUS }),
    svg("text", { x, y: y + 4.5, "text-anchor": "middle" }, joint.id),
    wordLabel(word, [x, y], layout.beside.includes(joint.id)));
  button.addEventListener("click", () => onPick(joint.id));
  button.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" && event.key !== " ") return;
    event.preventDefault();
    onPick(joint.id);
  });
  return button;
}

function rivalRoutes(joint, word, layout, width) {
  const used = sourceBox(joint, word);
  const others = new Set(joint.words.filter((other) => other !== "cut").map((other) => sourceBox(joint, other)));
  others.delete(used);
  return [...others].map((from) => arrow(curve(layout, width, from, ARROWS[joint.id].to), "rival"));
}

// `wordOf(joint)` says how a joint stands; `selected` is the id whose evidence is open.
export function drawChain(host, joints, wordOf, selected, onPick) {
  const width = host.clientWidth;
  if (!width) return;
  const layout = layoutFor(width);
  const known = joints.filter((joint) => ARROWS[joint.id]);
  const route = (joint) => curve(layout, width, sourceBox(joint, wordOf(joint)), ARROWS[joint.id].to);
  const picture = svg("svg", { viewBox: `0 0 ${width} ${layout.height}`, role: "group", "aria-label": "The chain from what is given to the depression score; each button is a joint" });
  picture.append(
    ...known.flatMap((joint) => rivalRoutes(joint, wordOf(joint), layout, width)),
    ...PLAIN_ARROWS.map(([from, to]) => arrow(curve(layout, width, from, to), "plain")),
    ...known.map((joint) => arrow(route(joint), lookOf(joint, wordOf(joint)))),
    ...Object.keys(layout.at).map((name) => boxNode(layout, width, name)),
    ...known.map((joint) => jointButton(joint, wordOf(joint), route(joint), layout, joint.id === selected, onPick)));
  const focused = document.activeElement?.dataset?.joint;
  host.replaceChildren(picture);
  if (focused) host.querySelector(`[data-joint="${focused}"]`)?.focus();
}
