// Small comforts on pages that work without a script: light or dark, a clock that counts, keys for the session sheet.

const root = document.documentElement;
const STALE_MS = 120000;

function remembered() {
  try { return localStorage.getItem("limen-theme"); } catch { return null; }
}
function remember(theme) {
  try { localStorage.setItem("limen-theme", theme); } catch { /* a private window does not remember */ }
}
function isDark() {
  return root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
}
const chosen = remembered();
if (chosen === "dark" || chosen === "light") root.dataset.theme = chosen;

const button = document.getElementById("theme");
if (button) {
  const label = () => { button.textContent = isDark() ? "Light" : "Dark"; };
  button.hidden = false;
  button.addEventListener("click", () => {
    root.dataset.theme = isDark() ? "light" : "dark";
    remember(root.dataset.theme);
    label();
  });
  label();
}

// Time since the start is wall time against the start, never counted ticks; the server says both once.
const opened = performance.now();
const shownAt = Date.now();
function elapsedS(element) {
  return Number(element.dataset.elapsed) + Math.max(performance.now() - opened, Date.now() - shownAt) / 1000;
}
function clock(seconds) {
  const whole = Math.max(0, Math.floor(seconds));
  const two = (value) => String(value).padStart(2, "0");
  return `${two(Math.floor(whole / 3600))}:${two(Math.floor(whole / 60) % 60)}:${two(whole % 60)}`;
}
const counting = [...document.querySelectorAll("[data-elapsed]")];
const ages = [...document.querySelectorAll("[data-age]")];
function tick() {
  for (const element of counting) if (element.dataset.running === "yes") element.textContent = clock(elapsedS(element));
  for (const element of ages) {
    const passed = Math.max(performance.now() - opened, Date.now() - shownAt);
    element.textContent = `page read ${Math.floor(passed / 1000)} s ago`;
    element.classList.toggle("old", passed > STALE_MS);
  }
}
if (counting.length || ages.length) {
  tick();
  setInterval(tick, 1000);
  document.addEventListener("visibilitychange", () => {
    // Back after a while: what the server says is right, what this page remembers may not be.
    if (!document.hidden && performance.now() - opened > STALE_MS && !document.querySelector(":user-invalid, [data-typed]")) location.reload();
  });
  document.addEventListener("input", (event) => { event.target.dataset.typed = "yes"; });
}

// One key moves to one form of the sheet; keys are printed beside the forms.
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || /^(INPUT|SELECT|TEXTAREA)$/.test(event.target.tagName)) return;
  const target = document.querySelector(`[data-key="${CSS.escape(event.key.toLowerCase())}"]`);
  if (target) { event.preventDefault(); target.focus(); target.scrollIntoView({ block: "center" }); }
});

for (const each of document.querySelectorAll("[data-copy]")) {
  each.hidden = false;
  each.addEventListener("click", async () => {
    await navigator.clipboard.writeText(document.getElementById(each.dataset.copy).textContent.trim());
    each.textContent = "Copied";
  });
}
for (const each of document.querySelectorAll("[data-print]")) {
  each.hidden = false;
  each.addEventListener("click", () => window.print());
}
