// Curves of the live screen: what lies ahead with its bands, a spectrogram, and trends.
const INK = "#e4e2dc", SOFT = "#9aa3b0", RULE = "#2c323c", DRUG = "#cc79a7", BLOCK = "#009e73";
const VIRIDIS = [[68, 1, 84], [71, 44, 122], [59, 81, 139], [44, 113, 142], [33, 144, 141], [39, 173, 129], [92, 200, 99], [170, 220, 50], [253, 231, 37]];

// A canvas is as many pixels as it covers on this screen, so that words on it are as large as words beside it.
export function fit(canvas) {
  const fine = Math.min(2, devicePixelRatio || 1), width = canvas.clientWidth || 300, height = canvas.clientHeight || 150;
  if (canvas.width !== Math.round(width * fine) || canvas.height !== Math.round(height * fine)) { canvas.width = Math.round(width * fine); canvas.height = Math.round(height * fine); }
  const pen = canvas.getContext("2d");
  pen.setTransform(fine, 0, 0, fine, 0, 0);
  pen.clearRect(0, 0, width, height);
  pen.font = "12px sans-serif";
  return { pen, width, height };
}
export function colour(share) {
  const at = Math.max(0, Math.min(0.9999, share)) * (VIRIDIS.length - 1), k = Math.floor(at), part = at - k;
  return VIRIDIS[k].map((one, c) => Math.round(one + part * (VIRIDIS[k + 1][c] - one)));
}
export function drawBar(canvas) {
  const pen = canvas.getContext("2d");
  for (let x = 0; x < canvas.width; x += 1) { pen.fillStyle = `rgb(${colour(x / canvas.width)})`; pen.fillRect(x, 0, 1, canvas.height); }
}
export function drawSpectrogram(canvas, columns, now) {
  const { pen, width, height } = fit(canvas), all = columns.flatMap((one) => one.rows.filter((v) => v !== null)).sort((a, b) => a - b);
  pen.fillStyle = "#0b0d11"; pen.fillRect(0, 0, width, height);
  if (!all.length) return "dB";
  const low = all[Math.floor(all.length * 0.02)], high = all[Math.floor(all.length * 0.98)], wide = width / 600 + 1;
  for (const one of columns) {
    const x = width * (1 - (now - one.at) / 300000), row = height / one.rows.length;
    one.rows.forEach((value, k) => { if (value !== null) { pen.fillStyle = `rgb(${colour((value - low) / Math.max(1, high - low))})`; pen.fillRect(x, height - row * (k + 1), wide, row + 1); } });
  }
  pen.fillStyle = "#ffffff";
  for (const hz of [10, 20, 30, 40]) { const y = height * (1 - (hz - 0.5) / 45); pen.fillRect(0, y, 6, 1); pen.fillText(`${hz} Hz`, 9, y + 4); }
  return `${low} to ${high} dB`;
}
export function drawTrend(canvas, rows, now) {
  const { pen, width, height } = fit(canvas);
  for (const [name, tint] of [["gamma", "#0072b2"], ["alpha", "#e69f00"]]) {
    const values = rows.map((one) => one[name]).filter((v) => v !== null);
    if (!values.length) continue;
    const low = Math.min(...values), span = Math.max(3, Math.max(...values) - low), half = height / 2 - 6, top = name === "gamma" ? 0 : height / 2;
    pen.strokeStyle = name === "gamma" ? "#5aa9e6" : tint; pen.beginPath();
    let drawn = false;
    for (const one of rows) {
      if (one[name] === null) { drawn = false; continue; }
      const x = width * (1 - (now - one.at) / 300000), y = top + half - half * 0.8 * ((one[name] - low) / span);
      drawn ? pen.lineTo(x, y) : pen.moveTo(x, y);
      drawn = true;
    }
    pen.stroke();
    pen.fillStyle = INK; pen.fillText(`${name}, ${Math.round(low)} to ${Math.round(low + span)} dB`, 4, top + 12);
  }
}
export function drawAhead(canvas, found, nowMin) {
  const { pen, width, height } = fit(canvas), left = 40, right = 10, gap = 24, tall = (height - 2 * gap - 18) / 2, narrow = width < 520;
  const minutes = found.time_min, end = minutes[minutes.length - 1], x = (m) => left + (width - left - right) * m / end;
  const one = (name, top, unit, tint, models) => {
    const band = found[name], most = 1.08 * Math.max(...band.p95, ...found.others.flatMap((o) => o[name].p50), ...Object.values(models).flat()), y = (v) => top + tall * (1 - v / most);
    pen.strokeStyle = RULE; pen.fillStyle = SOFT;
    for (const share of [0, 0.5, 1]) { const v = most * share / 1.08; pen.beginPath(); pen.moveTo(left, y(v)); pen.lineTo(width - right, y(v)); pen.stroke(); pen.fillText(name === "occupancy" ? v.toFixed(2) : v.toFixed(0), 6, y(v) + 4); }
    const wash = (low, high, alpha) => { pen.globalAlpha = alpha; pen.fillStyle = tint; pen.beginPath(); minutes.forEach((m, k) => (k ? pen.lineTo(x(m), y(band[high][k])) : pen.moveTo(x(m), y(band[high][k])))); for (let k = minutes.length - 1; k >= 0; k -= 1) pen.lineTo(x(minutes[k]), y(band[low][k])); pen.fill(); pen.globalAlpha = 1; };
    wash("p05", "p95", 0.22); wash("p25", "p75", 0.3);
    const line = (values, style, width, dash = []) => { pen.strokeStyle = style; pen.lineWidth = width; pen.setLineDash(dash); pen.beginPath(); minutes.forEach((m, k) => (k ? pen.lineTo(x(m), y(values[k])) : pen.moveTo(x(m), y(values[k])))); pen.stroke(); pen.setLineDash([]); pen.lineWidth = 1; };
    for (const values of Object.values(models)) line(values, SOFT, 1);
    line(band.p50, INK, 2);
    found.others.forEach((o, k) => { line(o[name].p50, k ? "#e69f00" : "#b9c2cf", 2, k ? [8, 4] : [3, 4]); const at = Math.min(minutes.length - 1, Math.ceil((nowMin + 40 + 25 * k) / 5)); pen.fillStyle = k ? "#e69f00" : "#e4e2dc"; if (name === "concentration") pen.fillText(o.name, Math.min(x(minutes[at]) + 4, width - right - pen.measureText(o.name).width), y(o[name].p50[at]) - 6); });
    pen.fillStyle = INK; pen.fillText(unit, left + 2, top - 6);
  };
  one("concentration", gap, narrow ? "Plasma, ng/mL, predicted" : "ng/mL in venous plasma, predicted: middle, 50 and 90 of 100", DRUG, found.models);
  one("occupancy", 2 * gap + tall, narrow ? "Receptors occupied, share, predicted" : "share of NMDA receptors occupied, predicted", BLOCK, {});
  pen.strokeStyle = INK; pen.setLineDash([2, 3]); pen.beginPath(); pen.moveTo(x(nowMin), gap - 4); pen.lineTo(x(nowMin), height - 18); pen.stroke(); pen.setLineDash([]);
  pen.fillStyle = INK; pen.fillText("now", Math.min(x(nowMin) + 3, width - 28), gap + 10);
  pen.fillStyle = SOFT;
  const step = narrow || end > 300 ? 60 : 30;
  for (let m = 0; m <= end; m += step) { const label = `${m} min`; pen.fillText(label, Math.min(x(m), width - pen.measureText(label).width), height - 3); }
}
