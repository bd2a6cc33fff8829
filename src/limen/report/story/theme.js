// Light or dark as the machine is set, until the reader says otherwise; and copying a block of text.

import { all, byId, calmMotion } from "./dom.js";

const COPIED_MS = 1600;

function remembered() {
  try {
    return localStorage.getItem("limen-theme");
  } catch {
    return null;
  }
}

function remember(theme) {
  try {
    localStorage.setItem("limen-theme", theme);
  } catch {
    // A page opened from a file may not be allowed to remember: it then follows the machine again next time.
  }
}

function isDark() {
  const chosen = document.documentElement.dataset.theme;
  return chosen ? chosen === "dark" : window.matchMedia("(prefers-color-scheme: dark)").matches;
}

function label() {
  byId("theme").textContent = isDark() ? "Light page" : "Dark page";
}

export function themeButton() {
  const chosen = remembered();
  if (chosen === "dark" || chosen === "light") document.documentElement.dataset.theme = chosen;
  byId("theme").addEventListener("click", () => {
    const theme = isDark() ? "light" : "dark";
    document.documentElement.dataset.theme = theme;
    remember(theme);
    label();
  });
  window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", label);
  label();
}

async function copy(button) {
  const block = byId(button.dataset.copy);
  try {
    await navigator.clipboard.writeText(block.textContent);
    button.textContent = "Copied";
  } catch {
    getSelection().selectAllChildren(block);
    button.textContent = "Selected";
  }
  setTimeout(() => { button.textContent = "Copy"; }, COPIED_MS);
}

export function copyButtons() {
  all("[data-copy]").forEach((button) => button.addEventListener("click", () => copy(button)));
}

// Paper cannot open what is folded away.
function openAllForPrint() {
  window.addEventListener("beforeprint", () => all("details").forEach((each) => { each.open = true; }));
}

export function ready() {
  openAllForPrint();
  document.documentElement.classList.remove("drawing");
  document.documentElement.dataset.ready = calmMotion() ? "calm" : "yes";
}
