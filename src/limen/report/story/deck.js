// Panel 2: the two sliders, the sentence that says where we are, and one pinned setting to compare with.

import { all, byId, html, say } from "./dom.js";
import { compareSentence, settingText, statePieces } from "./findings.js";
import { plain } from "./format.js";
import { cellKey, settingOf } from "./state.js";

function markOf(data, place) {
  return { key: cellKey(place), setting: settingOf(data.grid, place), mood: data.cells[cellKey(place)].mood.default };
}

export function pinnedText(data, { pinned }) {
  return pinned ? settingText(settingOf(data.grid, pinned)) : null;
}

function showSlider(id, index, text, spoken) {
  const slider = byId(id);
  slider.value = String(index);
  slider.setAttribute("aria-valuetext", spoken);
  say(`${id}-value`, text);
}

function showPin(data, now) {
  const { pinned } = now;
  const button = byId("pin");
  button.setAttribute("aria-pressed", String(Boolean(pinned)));
  button.textContent = pinned ? "Unpin" : "Pin this setting";
  const sentence = pinned ? compareSentence(markOf(data, pinned), markOf(data, now), data.between) : "Pin a setting, then move a slider: the pinned one stays as a grey line.";
  say("compare-sentence", sentence);
}

function saySentence(pieces) {
  byId("state-sentence").replaceChildren(...pieces.map(({ text, fine }) => (fine ? html("span", { class: "fine" }, text) : text)));
}

function show(data, now) {
  const setting = settingOf(data.grid, now);
  showSlider("dose", now.dose, `${plain(setting.mgPerKg)} mg/kg`, `${setting.mgPerKg} milligrams per kilogram`);
  showSlider("minutes", now.minutes, `${setting.minutes} min`, `${setting.minutes} minutes`);
  saySentence(statePieces(setting, data.cells[cellKey(now)], data.patient.weight_kg));
  showPin(data, now);
  const { start } = data.grid;
  byId("to-start").disabled = now.dose === start.dose && now.minutes === start.minutes && !now.pinned;
}

function listenSliders(state) {
  for (const name of ["dose", "minutes"]) {
    byId(name).addEventListener("input", (event) => state.set({ [name]: Number(event.target.value) }));
  }
  all("[data-slider]").forEach((button) => button.addEventListener("click", () => state.set({ [button.dataset.slider]: Number(button.dataset.index) })));
}

export function deckPanel(data, state) {
  listenSliders(state);
  byId("pin").addEventListener("click", () => {
    const { dose, minutes, pinned } = state.get();
    state.set({ pinned: pinned ? null : { dose, minutes } });
  });
  byId("to-start").addEventListener("click", () => state.set({ ...data.grid.start, pinned: null }));
  state.onChange((now) => show(data, now));
  show(data, state.get());
}
