// The live screen: signal by our own canvas, numbers by the server's fold, and a clock of its own for what is stale.
import { drawAhead, drawSpectrogram, drawTrend, drawBar, fit } from "/assets/live_curves.js";

const $ = (id) => document.getElementById(id);
const monitor = $("monitor");
const session = monitor.dataset.session;
const SWEEP_S = 10, ERASE_PX = 20, STALE_MS = 1000, STATE_STALE_MS = 1200, LOW_MS = 2000, MEDIUM_MS = 5000, CLOCK_SET_S = 5;
const MISSING = -32768, COUNT_UV = 0.1, PAUSE_MS = 120000, RETRY_MS = 60000, KEEP_MS = 300000;

const seen = { received: 0, missed: 0, states: 0, reconnects: 0, ages: [], gaps: 0 };
globalThis.limenLive = seen;
let about = null, rate = 250, last = { seq: null, samples: 0 }, state = null, signal = null, ahead = null;
let arrived = { signal: null, state: null, rhythm: null, features: null, ahead: null };
let offsetS = null, newestS = null, chosen = 0, others = "", blank = false, everLive = false;
const queue = [], spectra = [], trends = [];

// --- the socket: back-off, sequence, and nothing interpolated
let backoff = 500;
function open() {
  const socket = new WebSocket(`${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/sessions/${session}/live`);
  socket.binaryType = "arraybuffer";
  socket.onopen = () => { backoff = 500; };
  socket.onmessage = (event) => (typeof event.data === "string" ? words(JSON.parse(event.data)) : frame(event.data));
  socket.onclose = (event) => {
    if (event.code === 4403) { location.reload(); return; }
    seen.reconnects += 1;
    setTimeout(open, backoff);
    backoff = Math.min(5000, backoff * 2);
  };
}
function words(message) {
  if (message.type === "hello") hello(message);
  if (message.type === "state") { state = message; seen.states += 1; arrived.state = performance.now(); setOffset(message.server_s - performance.now() / 1000); showState(); }
  if (message.type === "signal") showSignal(message);
  if (message.type === "note" && message.what === "gap") seen.gaps += 1;
}
// A message that was late on its way makes the server's clock look behind: the most of the last ones is nearest to it.
const offsets = [];
function setOffset(found) {
  if (offsets.length && found < Math.max(...offsets) - CLOCK_SET_S) offsets.length = 0;
  offsets.push(found);
  if (offsets.length > 60) offsets.shift();
  offsetS = Math.max(...offsets);
}
function frame(buffer) {
  const view = new DataView(buffer);
  const seq = view.getUint32(0, true), samples = view.getUint32(4, true);
  newestS = view.getFloat64(8, true);
  const now = performance.now();
  if (last.seq !== null && seq !== last.seq + 1) { if (seq > last.seq) seen.missed += seq - last.seq - 1; queue.push(null); }
  last = { seq, samples };
  seen.received += 1;
  if (offsetS !== null) { seen.ages.push((offsetS + now / 1000 - newestS) * 1000); if (seen.ages.length > 8000) seen.ages.shift(); }
  arrived.signal = now; everLive = true;
  if (!document.hidden && about) queue.push({ data: new Int16Array(buffer, 16), at: samples });
  if (queue.length > 60) queue.splice(0, queue.length - 60);
}
document.addEventListener("visibilitychange", () => { queue.length = 0; queue.push(null); if (!document.hidden) ask(); });

function hello(message) {
  about = message; rate = message.sample_rate_hz;
  $("channel").replaceChildren(...message.names.map((name, k) => new Option(name, k)));
  const deep = message.kinds.findIndex((kind) => kind === "seeg" || kind === "ecog" || kind === "lfp");
  chosen = Math.max(0, deep); $("channel").value = chosen;
  level = []; wipe();
}
$("channel").addEventListener("change", (event) => { chosen = Number(event.target.value); spectra.length = 0; trends.length = 0; wipe(); });

// --- the sweep
const sweep = $("sweep"), pen = sweep.getContext("2d");
let before = [], level = [], across = 900, down = 420;
function wipe() {
  if (about) sweep.style.height = `${Math.max(220, 16 * (about.names.length + 2))}px`;
  const size = fit(sweep);
  across = size.width; down = size.height;
  pen.fillStyle = "#12151b"; pen.fillRect(0, 0, across, down);
  before = [];
}
addEventListener("resize", () => { if (sweep.clientWidth !== across) wipe(); });
function draw() {
  if (queue.length && about && !blank) {
    for (const one of queue.splice(0)) one === null ? (before = []) : stretch(one);
  }
  requestAnimationFrame(draw);
}
function stretch({ data, at }) {
  const channels = about.names.length, samples = data.length / channels, row = down / (channels + 2);
  const perSample = across / (SWEEP_S * rate), unit = (row * 0.8) / Number($("scale").value) * COUNT_UV;
  const first = at - samples;
  const x0 = (first * perSample) % across, x1 = x0 + samples * perSample;
  pen.fillStyle = "#12151b"; pen.fillRect(x0 + 0.5, 0, x1 - x0 + ERASE_PX, down);
  if (x1 + ERASE_PX > across) pen.fillRect(0, 0, x1 + ERASE_PX - across, down);
  for (let c = 0; c < channels; c += 1) {
    pen.strokeStyle = c === chosen ? "#e69f00" : "#b9c2cf";
    pen.lineWidth = c === chosen ? 1.5 : 1;
    pen.beginPath();
    // What is drawn stands around the channel's own slow level, so that an amplifier's offset does not push it off.
    let sum = 0, count = 0;
    for (let k = 0; k < samples; k += 1) if (data[c * samples + k] !== MISSING) { sum += data[c * samples + k]; count += 1; }
    if (count) level[c] = level[c] === undefined ? sum / count : level[c] + 0.05 * (sum / count - level[c]);
    // The chosen channel is three rows tall.
    const tall = c === chosen ? 3 : 1, middle = row * (c + (c > chosen ? 2 : 0) + tall / 2), gain = unit * tall, most = row * tall;
    let lastX = null;
    for (let k = 0; k < samples; k += 1) {
      const value = data[c * samples + k], x = (x0 + k * perSample) % across;
      const y = middle - Math.max(-most, Math.min(most, (value - (level[c] ?? 0)) * gain));
      if (value === MISSING) { lastX = null; continue; }
      if (k === 0 && before[c] && before[c].x < x) { pen.moveTo(before[c].x, before[c].y); pen.lineTo(x, y); }
      else if (lastX === null || x < lastX) pen.moveTo(x, y);
      else pen.lineTo(x, y);
      lastX = x;
      if (k === samples - 1) before[c] = { x, y };
    }
    pen.stroke();
    if (x0 < 60) { pen.fillStyle = c === chosen ? "#e69f00" : "#c3c8d0"; pen.fillText(about.names[c], 2, middle - 2); }
  }
}

// --- what is said of the signal
function showSignal(message) {
  signal = message;
  const now = performance.now();
  if (!message.channels || !message.connected) return;
  arrived.rhythm = now;
  const mine = message.channels[chosen] ?? message.channels[0];
  $("rhythm-now").textContent = mine.p === null ? `${mine.name}: unknown` : `${mine.name}: ${mine.verdict}, probability ${mine.p.toFixed(2)}${mine.p >= 0.5 ? ` at ${mine.hz.toFixed(1)} Hz` : ""}`;
  const there = message.channels.filter((one) => one.verdict === "rhythm" || one.kind !== "eeg");
  const table = document.createElement("table");
  table.innerHTML = "<thead><tr><th scope=col>Channel</th><th scope=col>Probability</th><th scope=col>Hz</th><th scope=col>Says</th></tr></thead>";
  const body = table.createTBody();
  for (const one of there.slice(0, 8)) {
    const row = body.insertRow();
    for (const text of [one.name, one.p === null ? "?" : one.p.toFixed(2), one.hz === null || one.p < 0.5 ? "" : one.hz.toFixed(1), one.verdict]) row.insertCell().textContent = text;
  }
  $("rhythm-list").replaceChildren(...(there.length ? [table] : []));
  const hidden = message.channels.filter((one) => one.verdict === "not detectable here");
  $("hidden-here").hidden = hidden.length === 0;
  if (hidden.length) {
    const sizes = hidden.map((one) => one.smallest_visible_nam).filter((one) => one !== null).sort((a, b) => a - b);
    const from = sizes.length ? `a deep source below ${[...new Set([sizes[0], sizes[sizes.length - 1]].map(Math.round))].join(" to ")} nAm would be missed` : "how small a source they show is not known";
    $("hidden-here").textContent = `${hidden.length} channels: not detectable here. On these electrodes ${from}; 50 nAm is looked for. That is no finding about the person.`;
  }
  if (message.features) {
    arrived.features = now;
    const of = (name) => message.features[name][chosen];
    $("gamma").textContent = of("gamma_db")?.toFixed(1) ?? "?"; $("alpha").textContent = of("alpha_db")?.toFixed(1) ?? "?"; $("slope").textContent = of("slope")?.toFixed(2) ?? "?";
    spectra.push({ at: now, rows: message.features.spectrum_db[chosen] }); trends.push({ at: now, gamma: of("gamma_db"), alpha: of("alpha_db") });
    while (spectra.length && now - spectra[0].at > KEEP_MS) spectra.shift();
    while (trends.length && now - trends[0].at > KEEP_MS) trends.shift();
    if (!blank) { $("spectro-of").textContent = about ? about.names[chosen] : ""; $("bar-ends").textContent = drawSpectrogram($("spectrogram"), spectra, now); drawTrend($("trend"), trends, now); }
  }
}
function showState() {
  $("mgh").textContent = state.rates.mg_per_h; $("mgkgh").textContent = state.rates.mg_per_kg_h; $("mlh").textContent = state.rates.ml_per_h;
  $("total").textContent = state.total_mg; $("totalkg").textContent = state.total_mg_per_kg;
  const v = state.vitals;
  if (v) { $("bp").textContent = `${v.systolic || "?"}/${v.diastolic || "?"}`; $("pulse").textContent = v.heart_rate || "?"; $("spo2").textContent = v.spo2 || "?"; }
  $("scores").textContent = state.scores.length ? state.scores.map((one) => `${one.scale} ${one.value} (${Math.round(one.age_s / 60)} min ago)`).join(", ") : "no entry yet";
  if (!ahead || ahead.seq !== state.seq) ask();
}

// --- what lies ahead
let asking = false;
async function ask() {
  if (asking || !state || state.elapsed_s === null) return;
  asking = true;
  try {
    const answer = await fetch(`/sessions/${session}/ahead${others}`, { headers: { accept: "application/json" } });
    const found = await answer.json();
    if (answer.ok && found.concentration) { ahead = { ...found, at: performance.now() }; arrived.ahead = ahead.at; paintAhead(); } else { $("ahead-words").textContent = found.error || found.unknown || "Not known."; ahead = { seq: state.seq }; }
  } catch { $("ahead-words").textContent = "The model could not be asked; it is tried again."; } finally { asking = false; }
}
function nowMin() { return (state.elapsed_s + (performance.now() - arrived.state) / 1000) / 60; }
function paintAhead() {
  if (!ahead?.concentration || blank) return;
  drawAhead($("ahead"), ahead, nowMin());
  const narrowed = 100 * (1 - ahead.widths.concentration / ahead.before.concentration);
  const what = ahead.observations === 0 ? "No observation is used yet." : `${ahead.observations} observations seen; the 90 % band of the concentration is ${Math.abs(narrowed).toFixed(0)} % ${narrowed >= 0 ? "narrower" : "wider"} than before them.`;
  $("ahead-words").textContent = `Predicted, not measured. ${what}${ahead.rough ? ` Few draws fit what was seen (worth ${ahead.effective_draws.toFixed(0)}): read the bands as rough.` : ""} Thin lines: each model by itself. A person decides; this drives nothing.`;
}
setInterval(() => { if (ahead?.concentration) paintAhead(); if (arrived.ahead && performance.now() - arrived.ahead > 60000) ask(); }, 5000);
$("whatif").addEventListener("submit", (event) => {
  event.preventDefault();
  const typed = $("w-rate").value.trim();
  if (typed && !/^\d{1,4}(\.\d{1,3})?$/.test(typed)) { $("ahead-words").textContent = `"${typed}" is no rate: write mg/h with a point.`; return; }
  others = typed ? `?rate_mg_per_h=${encodeURIComponent(typed)}` : "";
  ask();
});

// --- what is entered
// What was sent and not answered may have been kept: the same words go under the same key for a minute.
const unanswered = new Map();
async function enter(kind, body, said) {
  const words = JSON.stringify([kind, body]), key = unanswered.get(words) ?? crypto.randomUUID();
  unanswered.delete(words);
  try {
    const answer = await fetch(`/sessions/${session}/events`, { method: "POST", headers: { "content-type": "application/json", accept: "application/json" }, body: JSON.stringify({ idem_key: key, kind, body }) });
    const found = await answer.json();
    $("entered").textContent = answer.ok ? `Kept: ${said}` : found.error;
    return answer.ok;
  } catch {
    unanswered.set(words, key); setTimeout(() => unanswered.delete(words), RETRY_MS);
    $("entered").textContent = `The server does not answer, and ${said} may not be kept: enter it again.`;
    return false;
  }
}
for (const form of document.querySelectorAll("[data-event]")) form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const box = form.querySelector("input"), typed = box.value.trim();
  let kept = false;
  if (form.dataset.event === "score") kept = await enter("score", { scale: "CADSS", value: /^\d+$/.test(typed) ? Number(typed) : typed }, `CADSS ${typed}`);
  else {
    const parts = typed.replace("/", " ").split(/\s+/);
    const names = ["systolic", "diastolic", "heart_rate", "spo2", "respiratory_rate"];
    if (!typed.includes("/") || parts.length < 3 || parts.length > 5) { $("entered").textContent = `"${typed}": write 128/82 76 98.`; return; }
    kept = await enter("vitals", Object.fromEntries(parts.map((one, k) => [names[k], one])), `vitals ${typed}`);
  }
  if (kept && box.value.trim() === typed) { box.value = ""; box.blur(); }
});
for (const mark of document.querySelectorAll("[data-mark]")) mark.addEventListener("click", () => enter("note", { words: mark.dataset.mark }, mark.dataset.mark));
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (/^(INPUT|SELECT|TEXTAREA)$/.test(event.target.tagName)) { if (event.key === "Escape") event.target.blur(); return; }
  if (event.key === "b") cover(!blank);
  else if (!blank) document.querySelector(`[data-digit="${CSS.escape(event.key)}"]`)?.click();
});

// --- nothing of all this in the patient's sight
function cover(on) { blank = on; $("cover").hidden = !on; if (on) document.activeElement?.blur(); else wipe(); }
$("blank").addEventListener("click", () => cover(true));
$("cover").addEventListener("click", () => cover(false));
$("dim").addEventListener("click", () => { $("dim").textContent = monitor.classList.toggle("dim") ? "Bright" : "Dim"; });

// --- what is stale, and alarms; by this page's own clock, not by the socket
let audio = null, pausedUntil = 0, beeped = {};
$("sound").addEventListener("click", () => { audio ??= new AudioContext(); const on = $("sound").textContent.endsWith("off"); $("sound").textContent = `Sound: ${on ? "on" : "off"}`; if (on) beep(1); });
$("pause-sound").addEventListener("click", () => { pausedUntil = performance.now() + PAUSE_MS; });
function beep(count) {
  if (!audio || $("sound").textContent.endsWith("off") || blank || performance.now() < pausedUntil) return;
  for (let k = 0; k < count; k += 1) { const tone = audio.createOscillator(), gain = audio.createGain(); tone.frequency.value = 660; gain.gain.value = 0.15; tone.connect(gain).connect(audio.destination); tone.start(audio.currentTime + k * 0.25); tone.stop(audio.currentTime + k * 0.25 + 0.12); }
}
const STARS = { high: "***", medium: "**", low: "*" }, BEEPS = { high: 10, medium: 3, low: 1 };
function ages() {
  const now = performance.now(), since = (name) => (arrived[name] === null ? Infinity : now - arrived[name]);
  const own = offsetS !== null && newestS !== null ? (offsetS + now / 1000 - newestS) * 1000 : 0;
  const signalAge = Math.max(since("signal"), since("state") < STATE_STALE_MS ? own : 0), linkAge = Math.min(since("signal"), since("state"));
  seen.age = signalAge;
  panel("signal", signalAge, STALE_MS); panel("rhythm", since("rhythm"), STALE_MS); panel("features", since("features"), STALE_MS);
  panel("ahead", since("ahead"), 120000, true);
  const v = state?.vitals; panel("vitals", v ? v.age_s * 1000 + since("state") : Infinity, 1200000, true);
  $("numbers").classList.toggle("stale", since("state") > STATE_STALE_MS);
  $("link").textContent = linkAge === Infinity ? "waiting" : signalAge > STALE_MS ? `NO DATA ${signalAge === Infinity ? "" : `${(signalAge / 1000).toFixed(0)} s`}` : `live, ${Math.max(0, signalAge / 1000).toFixed(1)} s`;
  $("link").classList.toggle("old", signalAge > STALE_MS);
  if (state?.elapsed_s !== null && state && since("state") < STATE_STALE_MS) $("elapsed").textContent = clock(state.elapsed_s + (state.running ? since("state") / 1000 : 0));
  raise(signalAge);
}
function panel(name, age, limit, slow = false) {
  for (const place of document.querySelectorAll(`[data-panel="${name}"]`)) {
    const stale = age > limit && (slow || everLive);
    place.textContent = age === Infinity ? "no data yet" : stale && !slow ? `NO DATA ${(age / 1000).toFixed(0)} s` : age < 60000 ? `${(age / 1000).toFixed(1)} s ago` : `${Math.round(age / 60000)} min ago`;
    place.closest("section").classList.toggle("stale", stale && !slow);
  }
}
function clock(seconds) { const s = Math.max(0, Math.floor(seconds)), two = (n) => String(n).padStart(2, "0"); return `${two(Math.floor(s / 3600))}:${two(Math.floor(s / 60) % 60)}:${two(s % 60)}`; }
let shownAlarms = "";
function raise(age) {
  const found = (state?.alarms ?? []).map((one) => ({ id: one.id, priority: one.priority, words: `${one.level} ${one.rule}: ${one.condition}. Seen ${one.seen} ${one.unit === "flag" ? "" : one.unit}. Acknowledge on the sheet.` }));
  if (everLive && age > LOW_MS) found.unshift({ id: age > MEDIUM_MS ? "lost-medium" : "lost-low", priority: age > MEDIUM_MS ? "medium" : "low", words: "SIGNAL LOST. Technical: the signal does not come in. Recording goes on when it is back." });
  for (const one of found) { const every = one.priority === "high" ? 10000 : one.priority === "medium" ? 25000 : Infinity; if (!(performance.now() - beeped[one.id] < every)) { beep(BEEPS[one.priority]); beeped[one.id] = performance.now(); } }
  for (const id of Object.keys(beeped)) if (!found.some((one) => one.id === id)) delete beeped[id];
  const left = Math.ceil((pausedUntil - performance.now()) / 1000);
  $("pause-sound").hidden = !found.length; $("pause-sound").textContent = left > 0 ? `Sound paused ${left} s` : "Audio pause 2 min";
  const key = JSON.stringify(found);
  if (key === shownAlarms) return;
  shownAlarms = key;
  $("alarms").replaceChildren(...found.map((one) => { const box = document.createElement("div"); box.className = `malarm ${one.priority}`; box.dataset.alarm = one.id; const stars = document.createElement("strong"); stars.textContent = `${STARS[one.priority]} ${one.priority}`; const text = document.createElement("span"); text.textContent = one.words; box.append(stars, text); return box; }));
}
drawBar($("bar")); wipe(); open(); draw(); setInterval(ages, 100);
