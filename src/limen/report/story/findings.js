// Sentences made from the numbers. No result is written here: every number in a sentence comes from the data.

import { amount, capital, hoursText, laterText, minutesText, number, percent, plain, points } from "./format.js";
import { along, indexOfMax } from "./scale.js";

export const NOT_SEPARATED = "the data do not separate these";

// Ours: blood level is sampled every few minutes, so a peak this close to the end of the pump is at its end.
const SAME_MOMENT_MIN = 6;
// Ours: below this share of its peak an experience counts as over.
const OVER_SHARE = 0.1;

export function settingText(setting) {
  return `${plain(setting.mgPerKg)} mg/kg over ${setting.minutes} min`;
}

export function pumpTitle(pump) {
  return `The pump gives ${amount(pump.mg)} mg in ${pump.minutes} minutes`;
}

export function pumpReading(pump, at) {
  const rate = `${amount(pump.mg_per_h)} mg per hour`;
  if (at < pump.minutes) return `At ${minutesText(at)}: the pump runs at ${rate}.`;
  return at === pump.minutes ? `Until ${minutesText(at)} the pump runs at ${rate}; then it stops.` : `At ${minutesText(at)}: the pump is off.`;
}

function timeBelow(times, values, from, level) {
  const index = values.findIndex((value, place) => place >= from && value <= level);
  return index < 0 ? null : times[index];
}

export function concentrationTitle(times, curve, endMin) {
  const peak = indexOfMax(curve.typical);
  const atEnd = Math.abs(times[peak] - endMin) <= SAME_MOMENT_MIN;
  const when = atEnd ? "when the pump stops" : `at ${minutesText(times[peak])}`;
  const half = timeBelow(times, curve.typical, peak, curve.typical[peak] / 2);
  const fall = half === null ? "stays above half of that for the rest of this picture" : `is down by half ${minutesText(half - times[peak])} later`;
  return `Blood level peaks ${when}, near ${amount(curve.typical[peak])} ng/mL, and ${fall}`;
}

export function concentrationReading(times, curve, at) {
  const read = (name) => amount(along(times, curve[name], at));
  return `At ${minutesText(at)}: typically ${read("typical")} ng/mL; 90 of 100 people between ${read("p05")} and ${read("p95")}.`;
}

export function occupancyTitle(occupancy) {
  const peaks = Object.values(occupancy).map((curve) => Math.max(...curve.typical));
  const low = percent(Math.min(...peaks));
  const high = percent(Math.max(...peaks));
  if (peaks.length === 1 || low === high) return `About ${high} of NMDA receptors are blocked at the peak`;
  return `At the peak ${low} to ${high} of NMDA receptors are blocked: laboratory methods disagree`;
}

export const ASSAY_NAMES = {
  in_vivo: "in the living brain (rat)",
  ebert: "in the dish, Ebert 1997",
  salat: "in the dish, Salat 2015",
};

export function occupancyReading(times, occupancy, at) {
  const parts = Object.entries(occupancy).map(([assay, curve]) => `${percent(along(times, curve.typical, at))} ${ASSAY_NAMES[assay] ?? assay}`);
  return `Blocked at ${minutesText(at)}: ${parts.join("; ")}.`;
}

export function dissociationTitle(cadss) {
  const peak = indexOfMax(cadss.p50);
  const [low, high] = [cadss.p10[peak], cadss.p90[peak]];
  if (high < 1) return "Hardly anyone feels detached at this amount";
  const over = timeBelow(cadss.time_min, cadss.p50, peak, OVER_SHARE * cadss.p50[peak]);
  const end = over === null ? "" : ` and mostly over by ${minutesText(over)}`;
  return `Feeling detached is strongest near ${minutesText(cadss.time_min[peak])}${end}; people differ, from ${number(low)} to ${number(high)} points`;
}

export function dissociationReading(cadss, at) {
  const read = (name) => number(along(cadss.time_min, cadss[name], at));
  return `At ${minutesText(at)}: the middle person scores ${read("p50")}; 80 of 100 people between ${read("p10")} and ${read("p90")}.`;
}

export function differenceAt(mood, hours) {
  const index = mood.difference.h.indexOf(hours);
  if (index < 0) return null;
  const pick = (name) => mood.difference[name]?.[index];
  return { mean: pick("mean"), p10: pick("p10"), p90: pick("p90"), better: pick("probability_better") };
}

function direction(mean) {
  return mean >= 0 ? "lower" : "higher";
}

function range(difference) {
  const ends = [difference.p10, difference.p90].map((value) => number(value, 1));
  return `${ends[0]} to ${ends[1]}`;
}

export function moodTitle(mood) {
  const first = mood.difference.h[0];
  const difference = differenceAt(mood, first);
  if (!mood.separable) return `Mood with the drug and after the same visit without it: ${NOT_SEPARATED}`;
  return `${capital(laterText(first))}, depression scores are about ${points(Math.abs(difference.mean))} ${direction(difference.mean)} with the drug than after the same visit without it`;
}

export function moodReading(times, mood, at) {
  const read = (arm, name) => number(along(times, mood[arm][name], at));
  const arm = (name) => `${read(name, "p50")} (${read(name, "p10")} to ${read(name, "p90")})`;
  return `${capital(hoursText(at))}: score with the drug ${arm("drug")}, same visit without drug ${arm("same_visit")}. Brackets hold 80 of 100 people.`;
}

function includesZero(difference) {
  return difference.p10 <= 0 && difference.p90 >= 0;
}

function differenceText(hours, difference) {
  if (includesZero(difference)) return `${laterText(hours)} ${NOT_SEPARATED}`;
  return `${laterText(hours)} ${points(Math.abs(difference.mean))} ${direction(difference.mean)}`;
}

// The sentence in pieces: { text, fine }. Fine pieces are left away where there is little room.
export function statePieces(setting, cell, weightKg) {
  const mood = cell.mood.default;
  const lead = { text: `${settingText(setting)} is ${amount(cell.pump.mg)} mg for ${number(weightKg)} kg. `, fine: true };
  if (!mood.separable) return [lead, { text: `Against the same visit without drug: ${NOT_SEPARATED}.` }];
  const pieces = mood.difference.h.flatMap((hours, index) => {
    const difference = differenceAt(mood, hours);
    const end = index === mood.difference.h.length - 1 ? "." : "; ";
    return [{ text: differenceText(hours, difference) }, { text: ` (${range(difference)})`, fine: true }, { text: end }];
  });
  return [lead, { text: "Score against the same visit without drug: " }, ...pieces];
}

// Two settings differ if their difference is larger than its doubt. Without joint draws the wider rule is used:
// they differ only if neither mean lies within the other's 10-90 % range.
function settingsDiffer(first, second, between) {
  if (between) return between.p10 > 0 || between.p90 < 0;
  const within = (mean, other) => mean >= other.p10 && mean <= other.p90;
  return !within(first.mean, second) && !within(second.mean, first);
}

function betweenAt(table, keys, hours) {
  const [a, b] = keys;
  const entry = table[`${a}|${b}`] ?? null;
  const turned = table[`${b}|${a}`] ?? null;
  const index = (entry ?? turned)?.h.indexOf(hours) ?? -1;
  if (index < 0) return null;
  if (entry) return { mean: entry.mean[index], p10: entry.p10[index], p90: entry.p90[index] };
  return { mean: -turned.mean[index], p10: -turned.p90[index], p90: -turned.p10[index] };
}

// `pinned` and `now`: { key, setting, mood }. A positive difference means fewer symptoms with what is set now.
export function compareSentence(pinned, now, table) {
  if (pinned.key === now.key) return `Pinned: ${settingText(pinned.setting)}. Move a slider to compare another setting with it.`;
  const lead = `${settingText(now.setting)} against ${settingText(pinned.setting)}:`;
  const parts = now.mood.difference.h.map((hours) => {
    const [a, b] = [differenceAt(now.mood, hours), differenceAt(pinned.mood, hours)];
    const between = betweenAt(table, [now.key, pinned.key], hours);
    const gap = between?.mean ?? a.mean - b.mean;
    if (!settingsDiffer(a, b, between)) return `${laterText(hours)} ${NOT_SEPARATED}`;
    return `${laterText(hours)} ${points(Math.abs(gap))} ${direction(gap)}`;
  });
  if (parts.every((part) => part.endsWith(NOT_SEPARATED))) return `${lead} ${NOT_SEPARATED}.`;
  return `${lead} ${parts.join("; ")}.`;
}

// What one switch does to the benefit, in the same words at every setting.
export function switchSentence(before, after) {
  const parts = before.difference.h.map((hours) => {
    const [was, is] = [differenceAt(before, hours), differenceAt(after, hours)];
    return `from ${number(was.mean, 1)} to ${number(is.mean, 1)} points ${laterText(hours)}`;
  });
  const unsure = after.separable ? "" : ` With this switch: ${NOT_SEPARATED}.`;
  return `the drug's advantage over the same visit goes ${parts.join(", and ")}.${unsure}`;
}

export function tallySentence(claims) {
  const supported = claims.filter((claim) => claim.verdict === "supported");
  const limited = supported.filter((claim) => claim.scope).length;
  const within = limited ? `, ${limited} of them only within limits` : "";
  return `Of ${claims.length} things commonly said, ${supported.length} ${supported.length === 1 ? "is" : "are"} supported${within}`;
}
