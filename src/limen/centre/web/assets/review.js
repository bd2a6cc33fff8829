// Replay of a session: what was predicted beside what was observed, at any minute, at 1 to 60 times its speed.
import { fit } from "/assets/live_curves.js";

const $ = (id) => document.getElementById(id);
const session = $("replay").dataset.session;
const INK = "#e4e2dc", SOFT = "#9aa3b0", RULE = "#2c323c", START = "#b9c2cf", SEEN = "#f1efe9", NOTED = "#0072b2";
const SAID = { sample: "sample", CADSS: "CADSS", systolic_mmhg: "systolic pressure", diastolic_mmhg: "diastolic pressure" };
const CURVES = [
  { name: "concentration", words: "Ketamine in venous plasma, ng/mL", tint: "#cc79a7", seen: "sample" },
  { name: "occupancy", words: "NMDA receptors occupied, share", tint: "#009e73" },
  { name: "cadss", words: "Dissociation, CADSS", tint: "#e69f00", seen: "CADSS" },
  { name: "systolic_mmhg", words: "Systolic pressure, mmHg", tint: "#5aa9e6", seen: "systolic_mmhg" },
];
let line = null, course = null, minute = 0, playing = false, channel = 0, stretch = null, drawnAt = -1, asking = false;

async function get(path) {
  const answer = await fetch(`/sessions/${session}/${path}`, { headers: { accept: "application/json" } });
  const found = await answer.json();
  if (!answer.ok) throw new Error(found.error ?? "It could not be read.");
  return found;
}
function clock(minutes) { const s = Math.max(0, Math.floor(minutes * 60)), two = (n) => String(n).padStart(2, "0"); return `${two(Math.floor(s / 3600))}:${two(Math.floor(s / 60) % 60)}:${two(s % 60)}`; }
function between(xs, ys, x) {
  if (!xs.length || x < xs[0] || x > xs[xs.length - 1]) return null;
  let k = xs.findIndex((one) => one >= x);
  if (k <= 0) return ys[0];
  const share = (x - xs[k - 1]) / Math.max(1e-9, xs[k] - xs[k - 1]);
  return ys[k - 1] + share * (ys[k] - ys[k - 1]);
}
function lastMin() { return Math.max(line.end_min, ...line.signal.at_min.slice(-1), ...line.observed.map((one) => one.at_min), 1); }

// --- charts, each of its own canvas, with one cursor through all
function charts() {
  const shown = CURVES.filter((one) => course?.[one.name]);
  const rows = ["rate", ...shown.map((one) => one.name), ...(line.signal.at_min.length ? ["rhythm"] : [])];
  $("curves").replaceChildren(...rows.map((name) => { const canvas = document.createElement("canvas"); canvas.dataset.curve = name; canvas.className = "curve"; canvas.setAttribute("role", "img"); canvas.setAttribute("aria-label", name === "rate" ? "Rate of the pump" : name === "rhythm" ? "Probability of a rhythm" : `${CURVES.find((one) => one.name === name).words}, predicted and observed`); canvas.addEventListener("click", (event) => { const box = canvas.getBoundingClientRect(); go((event.clientX - box.left - 44) / (box.width - 52) * lastMin()); }); return canvas; }));
}
function axes(canvas, words, low, high) {
  const { pen, width, height } = fit(canvas), left = 44, right = 8, top = 20, bottom = 18, end = lastMin();
  const x = (m) => left + (width - left - right) * m / end, y = (v) => top + (height - top - bottom) * (1 - (v - low) / Math.max(1e-9, high - low));
  pen.fillStyle = SOFT; pen.strokeStyle = RULE; pen.lineWidth = 1;
  for (const share of [0, 0.5, 1]) { const v = low + share * (high - low); pen.beginPath(); pen.moveTo(left, y(v)); pen.lineTo(width - right, y(v)); pen.stroke(); pen.fillText(high - low < 3 ? v.toFixed(2) : v.toFixed(0), 4, y(v) + 4); }
  const step = end > 90 ? 30 : end > 40 ? 20 : end > 12 ? 10 : end > 4 ? 2 : 0.5;
  for (let m = 0; m <= end; m += step) { const label = `${m}${m === 0 ? " min" : ""}`; pen.fillText(label, Math.min(x(m), width - right - pen.measureText(label).width), height - 3); }
  pen.fillStyle = INK; pen.fillText(words, left, 13);
  for (const [from, to] of line.gaps) { pen.fillStyle = "#3a2f2f"; pen.fillRect(x(from), top, Math.max(2, x(to) - x(from)), height - top - bottom); }
  for (const one of line.annotations) { pen.fillStyle = NOTED; pen.fillRect(x(Number(one.begin_min)), height - bottom - 4, Math.max(3, x(Number(one.end_min)) - x(Number(one.begin_min))), 4); }
  return { pen, x, y, height: height - bottom, top };
}
function path(pen, points, x, y, style, width = 1.5, dash = []) {
  pen.strokeStyle = style; pen.lineWidth = width; pen.setLineDash(dash); pen.beginPath();
  let on = false;
  for (const [m, v] of points) { if (v === null) { on = false; continue; } if (on) pen.lineTo(x(m), y(v)); else pen.moveTo(x(m), y(v)); on = true; }
  pen.stroke(); pen.setLineDash([]);
}
function cursor({ pen, x, top, height }) { pen.strokeStyle = INK; pen.lineWidth = 1.5; pen.beginPath(); pen.moveTo(x(minute), top); pen.lineTo(x(minute), height); pen.stroke(); }
function paint() {
  const end = lastMin();
  for (const canvas of $("curves").children) {
    const name = canvas.dataset.curve;
    if (name === "rate") {
      const points = line.rates.flatMap((one) => [[one.begin_min, Number(one.rate_mg_per_h)], [one.end_min, Number(one.rate_mg_per_h)]]);
      const place = axes(canvas, "Rate of the pump, mg/h", 0, Math.max(1, ...points.map((one) => one[1])));
      path(place.pen, points, place.x, place.y, "#5aa9e6", 2); cursor(place);
    } else if (name === "rhythm") {
      const place = axes(canvas, `Rhythm 1-4 Hz in ${line.signal.names[channel] ?? ""}, probability`, 0, 1);
      path(place.pen, line.signal.at_min.map((m, k) => [m, hundredth(k)]), place.x, place.y, "#e69f00", 1.2); cursor(place);
    } else {
      const about = CURVES.find((one) => one.name === name), band = course[name], start = course.start[name], within = course.time_min.filter((m) => m <= end + 5).length;
      const seen = line.observed.filter((one) => one.what === about.seen).map((one) => [one.at_min, Number(one.value)]);
      const all = [...band.p95.slice(0, within), ...start.p95.slice(0, within), ...seen.map((one) => one[1])];
      const low = name === "systolic_mmhg" ? Math.min(...band.p05.slice(0, within), ...seen.map((one) => one[1])) - 5 : 0;
      const place = axes(canvas, about.words, low, Math.max(...all) * 1.05), { pen, x, y } = place;
      pen.save(); pen.beginPath(); pen.rect(x(0), 0, x(end) - x(0), place.height + 1); pen.clip();
      pen.globalAlpha = 0.3; pen.fillStyle = about.tint; pen.beginPath();
      course.time_min.forEach((m, k) => (k ? pen.lineTo(x(m), y(band.p95[k])) : pen.moveTo(x(m), y(band.p95[k]))));
      for (let k = course.time_min.length - 1; k >= 0; k -= 1) pen.lineTo(x(course.time_min[k]), y(band.p05[k]));
      pen.fill(); pen.globalAlpha = 1;
      for (const edge of ["p05", "p95"]) path(pen, course.time_min.map((m, k) => [m, start[edge][k]]), x, y, START, 1, [4, 3]);
      path(pen, course.time_min.map((m, k) => [m, band.p50[k]]), x, y, about.tint, 2);
      pen.restore();
      for (const [m, v] of seen) { pen.fillStyle = m <= minute ? SEEN : "#6f7682"; pen.beginPath(); pen.arc(x(m), y(v), 4, 0, 7); pen.fill(); }
      cursor(place);
    }
  }
}
function hundredth(k) { const one = line.signal.p[k]?.[channel]; return one === null || one === undefined ? null : one / 100; }

// --- what is said at the cursor
function say() {
  $("r-clock").textContent = clock(minute);
  const running = line.rates.find((one) => one.begin_min <= minute && minute < one.end_min);
  $("r-rate").textContent = running ? String(Number(running.rate_mg_per_h)) : "0";
  const given = between(line.given_mg.map((one) => one[0]), line.given_mg.map((one) => one[1]), Math.min(minute, line.end_min));
  $("r-total").textContent = given === null ? "-" : String(Number(given.toFixed(2)));
  for (const [id, name, digits] of [["r-conc", "concentration", 0], ["r-occ", "occupancy", 2]]) { const v = course?.[name] ? between(course.time_min, course[name].p50, minute) : null; $(id).textContent = v === null ? "-" : v.toFixed(digits); }
  const vitals = line.vitals.filter((one) => one.at_min <= minute && one.systolic).at(-1);
  $("r-bp").textContent = vitals ? `${vitals.systolic}/${vitals.diastolic ?? "?"}` : "-";
  let k = line.signal.at_min.findIndex((m) => m > minute);
  k = (k < 0 ? line.signal.at_min.length : k) - 1;
  const p = k >= 0 && minute - line.signal.at_min[k] < 0.1 ? hundredth(k) : null;
  $("r-p").textContent = p === null ? "unknown" : p.toFixed(2);
  $("r-p-of").textContent = `rhythm in ${line.signal.names[channel] ?? "no channel"}, probability`;
}
function go(to) {
  minute = Math.max(0, Math.min(lastMin(), to));
  $("cursor").value = minute;
  say(); paint(); look();
}

// --- the signal itself, ten seconds from the cursor on
async function look() {
  if ($("replay").dataset.signal !== "yes" || asking || Math.abs(drawnAt - minute) < 1 / 60) return;
  asking = true; drawnAt = minute;
  try { stretch = await get(`stretch?at_min=${minute.toFixed(4)}`); } catch (error) { stretch = { unknown: error.message }; }
  drawSignal(); asking = false;
  look();
}
function drawSignal() {
  if (stretch?.rows) $("r-signal").style.height = `${Math.max(260, 16 * (stretch.rows.length + 2))}px`;
  const { pen, width, height } = fit($("r-signal"));
  $("r-signal-words").textContent = stretch?.unknown ?? (stretch ? `10 s from ${clock(stretch.at_min)}` : "");
  if (!stretch?.rows) return;
  const rows = stretch.rows.length, row = height / (rows + 2), scale = (row * 0.8) / Number($("scale").value) * stretch.count_uv;
  stretch.rows.forEach((values, c) => {
    const known = values.filter((v) => v !== null), mean = known.reduce((sum, v) => sum + v, 0) / Math.max(1, known.length), tall = c === channel ? 3 : 1, middle = row * (c + (c > channel ? 2 : 0) + tall / 2);
    path(pen, values.map((v, k) => [k, v === null ? null : Math.max(-row * tall, Math.min(row * tall, (v - mean) * scale * tall))]), (k) => width * k / (10 * stretch.sample_rate_hz), (v) => middle - v, c === channel ? "#e69f00" : "#b9c2cf", 1);
    pen.fillStyle = c === channel ? "#e69f00" : "#c3c8d0"; pen.fillText(stretch.names[c], 2, middle - 2);
  });
}

// --- each observation beside what was foretold of it
function table() {
  const rows = course.compared;
  if (!rows.length) return;
  const made = document.createElement("table"), head = made.createTHead().insertRow(), body = made.createTBody();
  for (const words of ["Minute", "What", "Observed", "Foretold at the start", "As learnt before it"]) { const cell = document.createElement("th"); cell.scope = "col"; cell.textContent = words; head.append(cell); }
  const band = (one, inside) => (one === null ? "not known" : `${one.p50.toFixed(0)} (${one.p05.toFixed(0)} to ${one.p95.toFixed(0)})${inside ? "" : ", outside"}`);
  for (const one of rows) { const row = body.insertRow(); for (const words of [one.at_min.toFixed(0), SAID[one.what] ?? one.what, String(Number(one.value)), band(one.start, one.start_inside), band(one.learnt, one.learnt_inside)]) row.insertCell().textContent = words; }
  const outside = rows.filter((one) => one.start !== null && !one.start_inside).length, later = rows.filter((one) => one.learnt !== null && !one.learnt_inside).length;
  const words = document.createElement("p"); words.className = "small";
  words.textContent = `Bands hold 90 of 100 values that would be recorded. Outside at the start: ${outside} of ${rows.length}; as learnt: ${later}. About one in ten is to be expected.`;
  const box = document.createElement("div"); box.className = "scroll"; box.tabIndex = 0; box.setAttribute("role", "region"); box.setAttribute("aria-label", "Observations"); box.append(made);
  $("compared").replaceChildren(Object.assign(document.createElement("h3"), { textContent: "Each observation beside what was foretold of it" }), words, box);
}

// --- playing
let last = 0;
function tick(now) {
  if (playing) { go(minute + (now - last) / 60000 * Number($("speed").value)); if (minute >= lastMin()) play(false); }
  last = now;
  if (playing) setTimeout(() => requestAnimationFrame(tick), 80);
}
function play(on) { playing = on; $("play").textContent = on ? "Pause" : "Play"; if (on) { if (minute >= lastMin()) minute = 0; requestAnimationFrame((now) => { last = now; tick(now); }); } }
$("play").addEventListener("click", () => play(!playing));
$("cursor").addEventListener("input", (event) => go(Number(event.target.value)));
$("scale").addEventListener("change", drawSignal);
$("r-channel").addEventListener("change", (event) => { channel = Number(event.target.value); say(); paint(); drawSignal(); });
addEventListener("resize", () => { if (line) { paint(); drawSignal(); } });
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || /^(INPUT|SELECT|TEXTAREA|BUTTON|SUMMARY|A)$/.test(event.target.tagName)) return;
  if (event.key === " ") { event.preventDefault(); play(!playing); }
  if (event.key === "ArrowRight" || event.key === "ArrowLeft") { event.preventDefault(); go(minute + (event.key === "ArrowRight" ? 1 : -1) / 6); }
});
const here = $("a-here");
if (here) { here.hidden = false; here.addEventListener("click", () => { $("a-begin").value = $("a-end").value = String(Number(minute.toFixed(2))); }); }

async function begin() {
  try { line = await get("replay"); } catch (error) { $("r-words").textContent = error.message; return; }
  $("cursor").max = lastMin();
  $("r-channel").replaceChildren(...line.signal.names.map((name, k) => new Option(name, k)));
  channel = Math.max(0, line.signal.kinds.findIndex((kind) => kind === "seeg" || kind === "ecog" || kind === "lfp"));
  if (line.signal.names.length) $("r-channel").value = channel;
  charts(); go(0);
  try {
    const found = await get("predicted");
    if (found.unknown) { $("r-words").textContent = found.unknown; return; }
    course = found;
    $("r-words").textContent = `Wash: 90 of 100 as learnt from ${found.observations} observations. Dashed: the same as predicted at the start, for the dose that was given. Dots: observed.${found.rough ? ` Few draws fit what was seen (worth ${found.effective_draws.toFixed(0)}): read the bands as rough.` : ""}`;
    charts(); go(minute); table();
  } catch (error) { $("r-words").textContent = `Nothing is predicted: ${error.message}`; }
}
begin();
