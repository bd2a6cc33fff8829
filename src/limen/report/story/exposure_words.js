// The sentences of the page of one dose: findings made from its numbers.

import { ASSAY_NAMES } from "./findings.js";
import { amount, capital, minutesText, number, percent } from "./format.js";
import { along } from "./scale.js";

const WAYS = {
  iv: "into a vein", im: "into a muscle", sc: "under the skin", intranasal: "into the nose", oral: "by mouth", sublingual: "under the tongue",
};
const SITES = { venous: "sampled in a vein", arterial: "sampled in an artery", unknown: "sampling site unknown" };
// Ours: curves are drawn every minute or more coarsely, so a peak this close to the end of a dose is at its end.
const SAME_MINUTES = 2;

// To the half minute soon after the start, where a level can change within it.
export function atText(minutes) {
  return minutes < 10 && minutes % 1 ? `${number(minutes, 1)} min` : minutesText(minutes);
}

// No more minutes than a model deserves: to the next 5 from half an hour on.
function about(minutes) {
  return minutes < 30 ? atText(minutes) : minutesText(5 * Math.round(minutes / 5));
}

function stepText(step) {
  if (step.mg_per_h !== null) return `${amount(step.mg)} mg over ${atText(step.until_min - step.from_min)}`;
  const devices = step.devices ? ` from ${step.devices} ${step.devices === 1 ? "device" : "devices"}` : " at once";
  return `${amount(step.mg)} mg${devices}`;
}

export function doseTitle({ steps, route, mg, drug }) {
  const whole = steps.length > 1 ? `, ${amount(mg)} mg in all` : "";
  return `${capital(drug)} ${WAYS[route]}: ${steps.map(stepText).join(", then ")}${whole}`;
}

export function doseReading({ steps }, at) {
  const running = steps.find((step) => step.mg_per_h !== null && step.from_min <= at && at < step.until_min);
  const given = steps.reduce((sum, step) => sum + step.mg * shareGiven(step, at), 0);
  const now = running ? `${amount(running.mg_per_h)} mg per hour, ` : "";
  return `At ${atText(at)}: ${now}${amount(given)} mg given so far.`;
}

function shareGiven(step, at) {
  if (step.mg_per_h === null) return at >= step.from_min ? 1 : 0;
  return Math.min(1, Math.max(0, (at - step.from_min) / (step.until_min - step.from_min)));
}

function peakTime(at, dose) {
  const last = dose.steps.at(-1);
  if (last.mg_per_h !== null && Math.abs(at - last.until_min) <= SAME_MINUTES) return "when the pump stops";
  return `about ${about(at)} after the start`;
}

function fallText(times, { typical, peak_min: peakMin, peak_ng_per_ml: most }) {
  const half = typical.findIndex((value, index) => times[index] > peakMin && value <= most / 2);
  if (half < 0) return "stays above half of that for the rest of this picture";
  return `is down by half about ${about(times[half] - peakMin)} later`;
}

export function levelTitle(times, analyte, dose) {
  const name = capital(analyte.name);
  const level = `${amount(analyte.peak_ng_per_ml)} ng/mL`;
  if (analyte.peak_min >= times.at(-1)) return `${name} still rises when this picture ends, at ${atText(times.at(-1))} near ${level}`;
  return `${name} peaks ${peakTime(analyte.peak_min, dose)}, near ${level}, and ${fallText(times, analyte)}`;
}

// When the metabolite passes its parent, and whether it does at all.
export function metaboliteTitle(times, metabolite, parent, dose) {
  const title = levelTitle(times, metabolite, dose);
  if (!parent.typical || !comparable(metabolite, parent)) return title;
  const over = times.findIndex((_, index) => index > 0 && metabolite.typical[index] > parent.typical[index]);
  return over < 0 ? `${title}; it stays below ${parent.name} here` : `${title}; it passes ${parent.name} about ${about(times[over])} after the start`;
}

function comparable(first, second) {
  return first.name.startsWith("S-") === second.name.startsWith("S-");
}

export function levelReading(times, analyte, at) {
  const read = (curve) => amount(along(times, curve, at));
  const members = analyte.members.length > 1 ? ` By model: ${analyte.members.map((member) => `${member.id} ${read(member.typical)}`).join(", ")}.` : "";
  return `At ${atText(at)}: typically ${read(analyte.typical)} ng/mL; 90 of 100 between ${read(analyte.p05)} and ${read(analyte.p95)}, 50 of 100 between ${read(analyte.p25)} and ${read(analyte.p75)}.${members}`;
}

export function blockReading(times, occupancy, at) {
  const part = (curve, name) => percent(along(times, curve[name], at));
  const parts = Object.entries(occupancy).map(([assay, curve]) => `${part(curve, "typical")} ${ASSAY_NAMES[assay]} (${part(curve, "p05")} to ${part(curve, "p95")})`);
  return `Blocked at ${atText(at)}: ${parts.join("; ")}.`;
}

export function memberText(member) {
  const link = member.linked ? ", through the arterial-venous link" : "";
  return `${member.id}: weight ${percent(member.weight)}, ${SITES[member.site] ?? member.site}${link}`;
}

// Where one model alone gives an analyte, its own curve is the typical one.
export function onlyMemberText(member) {
  return `the line is ${memberText(member)}${member.weight < 1 ? "; the others do not give it" : ""}`;
}

function relative(value) {
  return value === null ? "not known" : percent(value);
}

// The three parts of the spread, as they stand at the peak.
export function spreadTitle({ at_peak: parts, members, name }) {
  const people = `Where it is highest here, ${name} differs between people by ${relative(parts.between_people_cv)}`;
  const doubt = `parameters leave ${relative(parts.parameter_cv)} of doubt`;
  if (members.length === 1) return `${people}, and ${doubt}; one model alone answers, so how far models differ is not known.`;
  return `${people}, ${doubt}, and the highest model stands ${number(parts.between_models_fold, 1)} times the lowest.`;
}
