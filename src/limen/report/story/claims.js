// Panel 4: the live figures of the claims, and the filter by verdict.

import { key } from "./chart.js";
import { all, html, say } from "./dom.js";
import { LIVE, drawerOf } from "./figures.js";
import { tallySentence } from "./findings.js";

// Draw what was handed over under this name, else what the story itself can draw; leave no empty frame.
function drawFigure(place, data) {
  const id = place.dataset.figure;
  const figure = data.figures[id];
  const draw = figure ? drawerOf(figure, id) : LIVE[id];
  if (!draw) return place.remove();
  const host = html("div", { class: "chart claim-chart" });
  const legend = html("p", { class: "key" });
  place.replaceChildren(legend, host);
  const entries = draw(host, figure ?? data);
  if (!entries) return place.remove();
  return entries.length ? key(legend, entries) : legend.remove();
}

function filterBy(verdict) {
  all(".verdict-filter").forEach((button) => button.setAttribute("aria-pressed", String(button.dataset.verdict === verdict)));
  all(".claim").forEach((card) => { card.hidden = Boolean(verdict) && card.dataset.verdict !== verdict; });
}

export function claimsPanel(data) {
  say("claims-title", tallySentence(data.claims));
  all(".claim-figure").forEach((place) => drawFigure(place, data));
  all(".verdict-filter").forEach((button) => button.addEventListener("click", () => {
    filterBy(button.getAttribute("aria-pressed") === "true" ? "" : button.dataset.verdict);
  }));
}
