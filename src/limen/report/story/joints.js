// Panel 3: pick a joint, switch or cut it, and see what that does to mood.

import { drawChain } from "./chain.js";
import { key, makeChart, shareReading } from "./chart.js";
import { all, byId, redrawOnResize, say } from "./dom.js";
import { moodReading, moodTitle, settingText, switchSentence } from "./findings.js";
import { dayAxis, moodAxis, moodCeiling, moodKey, moodLayers } from "./mood.js";
import { mover } from "./motion.js";
import { readout, readoutRange } from "./reading.js";
import { cellKey, moodUnder, settingOf } from "./state.js";

const JOINT_READING_STEP_H = 12;

// The joint on which the early benefit hangs most is the one to open first.
function firstToOpen(data) {
  const moods = data.cells[cellKey(data.grid.start)].mood;
  const early = (mood) => mood.difference.mean[0];
  const moved = (joint) => Math.max(...joint.words.map((word) => Math.abs(early(moods[`${joint.id}=${word}`] ?? moods.default) - early(moods.default))));
  return [...data.joints].sort((a, b) => moved(b) - moved(a))[0]?.id;
}

function showDetails(selected) {
  all(".joint-detail").forEach((detail) => {
    detail.classList.toggle("closed", detail.dataset.joint !== selected);
  });
}

function showRadios(data, joint) {
  for (const each of data.joints) {
    const word = joint?.id === each.id ? joint.word : each.default;
    const radio = document.querySelector(`input[name="${each.id}"][value="${word}"]`);
    if (radio) radio.checked = true;
  }
}

function switchText(data, now) {
  const { joint } = now;
  if (!joint) return "Every joint stands at its default. Switch one to see what changes.";
  const moods = data.cells[cellKey(now)].mood;
  const after = moods[`${joint.id}=${joint.word}`];
  const lead = joint.word === "cut" ? `${joint.id} is cut.` : `${joint.id} is switched to \u201c${joint.word.replaceAll("_", " ")}\u201d.`;
  const at = settingText(settingOf(data.grid, now));
  if (!after) return `${lead} At ${at} this leaves the mood figure as it is.`;
  return `${lead} At ${at}: ${switchSentence(moods.default, after)}`;
}

function ghostKey(joint) {
  key(byId("switched-key"), moodKey(joint ? "all joints at default" : null));
}

export function jointsPanel(data, state) {
  let selected = firstToOpen(data);
  let shown = moodUnder(data, state.get(), null);
  const ceiling = moodCeiling(Object.values(data.cells).flatMap((cell) => Object.values(cell.mood)), data.patient.baseline_madrs);
  const spec = (box) => {
    const now = state.get();
    const ghost = now.joint ? moodUnder(data, now, null) : null;
    return { x: dayAxis(data.mood_time_h, box), y: moodAxis(ceiling), layers: moodLayers(data.mood_time_h, shown, ghost) };
  };
  const chart = makeChart(byId("switched-chart"), spec);
  const target = () => moodUnder(data, state.get(), state.get().joint);
  const reader = shareReading([chart], {
    step: JOINT_READING_STEP_H,
    rest: () => target().difference.h[0],
    read: (at) => readout("switched", at, moodReading(data.mood_time_h, target(), at)),
  });
  const move = mover(shown, (mood) => {
    shown = mood;
    chart.draw();
  });
  const wordOf = (joint) => (state.get().joint?.id === joint.id ? state.get().joint.word : joint.default);
  const chain = () => drawChain(byId("chain"), data.joints, wordOf, selected, (id) => {
    selected = id;
    chain();
    showDetails(selected);
  });
  const follow = (now) => {
    showRadios(data, now.joint);
    chain();
    say("switch-sentence", switchText(data, now));
    say("switched-title", moodTitle(target()));
    ghostKey(now.joint);
    byId("joint-reset").disabled = !now.joint;
    reader.refresh();
    move(target());
  };
  listenToSwitches(data, state);
  readoutRange("switched", [data.mood_time_h[0], data.mood_time_h.at(-1)]);
  redrawOnResize(byId("chain"), chain);
  showDetails(selected);
  state.onChange(follow);
  follow(state.get());
}

function listenToSwitches(data, state) {
  all(".joint-words input").forEach((radio) => radio.addEventListener("change", () => {
    const joint = data.joints.find((each) => each.id === radio.name);
    state.set({ joint: radio.value === joint.default ? null : { id: joint.id, word: radio.value } });
  }));
  byId("joint-reset").addEventListener("click", () => state.set({ joint: null }));
}
