// The page of an evaluation: errors by model, and predictive checks of the model that is chosen.

import { key, makeChart, shareReading } from "./chart.js";
import { byId, html, pageData, say } from "./dom.js";
import { checkedAxis, checkedTitle, checkLayers, npdeAxis, npdeLayers, npdeTitle, sampleLayers, stretchedTime, unstretched } from "./evaluation_charts.js";
import { amount, minutesText, number, percent } from "./format.js";
import { readout, readoutRange } from "./reading.js";
import { dotRows } from "./rows.js";
import { nearest } from "./scale.js";
import { ready, themeButton } from "./theme.js";

const STEP = 1;

function errorRows(data) {
  data.strata.forEach((stratum, index) => {
    const shown = Object.entries(stratum.models).filter(([, model]) => model.errors.median_pe !== null);
    if (!shown.length) return;
    dotRows(byId(`rows-${index}`), {
      above: "prediction error in %: right of 0 = predicts too much; bars hold 90 of 100 samples",
      name: `Prediction error by model, ${stratum.title}`,
      rows: shown.map(([name, { errors }]) => ({
        label: name,
        marks: [{ tone: name === "ensemble" ? "drug" : "other", value: 100 * errors.median_pe, low: 100 * errors.pe_p05, high: 100 * errors.pe_p95 }],
      })),
    });
  });
}

function picker(host, names, chosen, choose) {
  host.replaceChildren(...(names.length > 1 ? names.map(([value, text]) => {
    const button = html("button", { type: "button", "aria-pressed": String(value === chosen) }, text);
    button.addEventListener("click", () => choose(value));
    return button;
  }) : []));
}

function aboutModel(name, model) {
  if (model.members) {
    const members = Object.entries(model.members).map(([id, weight]) => `${id} ${percent(weight)}`);
    return `ensemble: ${members.join(", ")}.`;
  }
  const link = model.linked ? ", read in a vein through the arterial-venous link" : "";
  const prior = model.prior ? `; way in by a prior: ${model.prior}` : "";
  return `${name}: sampling site ${model.site}${link}; spread between people ${model.between_people}; assay error ${model.residual}${prior}.`;
}

function binReading(check, at) {
  const index = nearest(check.bins.map((bin) => stretchedTime(bin.time_min)), at);
  const bin = check.bins[index];
  if (!bin) return "";
  const seen = bin.p50.observed === null ? "below the limit" : amount(bin.p50.observed);
  const expected = bin.p50.low === null ? "not known" : `${amount(bin.p50.low)} to ${amount(bin.p50.high)}`;
  return `At ${minutesText(bin.time_min)}, ${bin.n} samples: median measured ${seen} ng/mL, expected ${expected}.`;
}

function npdeReading({ npde }, at) {
  if (npde.mean === null) return `Not known: ${npde.unknown_because}.`;
  return `At ${minutesText(unstretched(at))}. All samples: mean ${number(npde.mean, 2)}, variance ${number(npde.variance, 2)}.`;
}

const CHECK_KEY = [
  { kind: "band", tone: "drug", look: "wide", text: "median: measured, and 95 % of replicates" },
  { kind: "band", tone: "other", look: "wide dashed", text: "5th and 95th percentile likewise" },
];

function checksOf(data) {
  let stratum = data.strata.find((one) => Object.keys(one.models).length);
  if (!stratum) return byId("checks").remove();
  let name = Object.keys(stratum.models)[0];
  const model = () => stratum.models[name];
  const last = () => Math.max(...stratum.observed.time_min);
  const charts = [
    makeChart(byId("vpc-chart"), (box) => ({ ...checkedAxis(model().vpc, last(), box, stratum.observed), layers: [...sampleLayers(stratum.observed), ...checkLayers(model().vpc)] })),
    makeChart(byId("pcvpc-chart"), (box) => ({ ...checkedAxis(model().pcvpc, last(), box, null), layers: checkLayers(model().pcvpc) })),
    makeChart(byId("npde-chart"), (box) => ({ ...npdeAxis(model().npde, last(), box), layers: npdeLayers(model().npde, stratum.observed, last()) })),
  ];
  const read = (at) => {
    readout("vpc", at, binReading(model().vpc, at));
    readout("pcvpc", at, binReading(model().pcvpc, at));
    readout("npde", at, npdeReading(model(), at));
  };
  const reading = shareReading(charts, { step: STEP, rest: () => stretchedTime(model().vpc.bins[0].time_min), read });
  key(byId("vpc-key"), CHECK_KEY);
  key(byId("pcvpc-key"), CHECK_KEY);
  key(byId("npde-key"), [{ kind: "line", tone: "ink", look: "limit", text: "0 and ±1.96" }]);

  function show() {
    picker(byId("stratum-picker"), data.strata.filter((one) => Object.keys(one.models).length).map((one) => [one, one.title]), stratum, (value) => {
      stratum = value;
      name = stratum.models[name] ? name : Object.keys(stratum.models)[0];
      show();
    });
    picker(byId("model-picker"), Object.keys(stratum.models).map((id) => [id, id]), name, (value) => {
      name = value;
      show();
      byId("model-picker").querySelector("[aria-pressed=true]").focus();
    });
    say("about", aboutModel(name, model()));
    say("vpc-title", checkedTitle(name, model().vpc, ""));
    say("pcvpc-title", checkedTitle(name, model().pcvpc, ", corrected for dose and weight"));
    say("npde-title", npdeTitle(name, model().npde));
    ["vpc", "pcvpc", "npde"].forEach((id) => readoutRange(id, [0, Math.round(stretchedTime(last()))]));
    charts.forEach((chart) => chart.draw());
    reading.refresh();
  }

  return show();
}

function tellEvaluation() {
  const data = pageData();
  themeButton();
  errorRows(data);
  checksOf(data);
  ready();
}

tellEvaluation();
