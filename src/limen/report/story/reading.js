// The line of words below a chart that says what stands under the reading line.

import { byId, say } from "./dom.js";

export function readout(name, at, text) {
  say(`${name}-reading`, text);
  const host = byId(`${name}-chart`);
  host.setAttribute("aria-valuenow", String(Math.round(at)));
  host.setAttribute("aria-valuetext", text);
}

export function readoutRange(name, [from, to]) {
  const host = byId(`${name}-chart`);
  host.setAttribute("aria-valuemin", String(from));
  host.setAttribute("aria-valuemax", String(to));
}
