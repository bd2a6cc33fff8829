// Move from one set of numbers to another, so that the eye can follow what changed.

import { calmMotion } from "./dom.js";

const DURATION_MS = 320;

// Blend two values of the same shape; what is not a number is taken from the target.
export function blend(from, to, share) {
  if (typeof to === "number" && typeof from === "number") return from + (to - from) * share;
  if (Array.isArray(to)) return to.map((item, index) => blend(from?.[index], item, share));
  if (to && typeof to === "object") {
    return Object.fromEntries(Object.entries(to).map(([key, item]) => [key, blend(from?.[key], item, share)]));
  }
  return to;
}

function eased(share) {
  return 1 - (1 - share) ** 3;
}

// Give a function that moves what is shown to a new target and calls `apply` on the way.
export function mover(start, apply) {
  let shown = start;
  let run = 0;
  return (target) => {
    run += 1;
    const mine = run;
    const from = shown;
    const begin = performance.now();
    const step = (now) => {
      if (mine !== run) return;
      const share = calmMotion() ? 1 : Math.min(1, Math.max(0, (now - begin) / DURATION_MS));
      shown = share === 1 ? target : blend(from, target, eased(share));
      apply(shown);
      if (share < 1) requestAnimationFrame(step);
    };
    step(begin);
  };
}
