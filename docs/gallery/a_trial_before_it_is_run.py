"""
A trial before it is run
========================

Forty people get one infusion of ketamine and forty midazolam, in masked parallel arms, two hundred times over. How much
do both arms fall, and what would a new trial show by chance and by how trials differ?
"""

import tempfile
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np

from limen.trials import read_spec, run_trial

SPEC = """
limen = 1

[trial]
name = "forty and forty"
scale = "MADRS"
baseline_mean = 32.0
baseline_sd = 5.0
seed = 1
draws = 200
times_days = [1, 3, 7, 14]
response_rule = "fall >= 50 %"
remission_rule = "score <= 10"
"""
ARM = """
[[arm]]
name = "{drug}"
drug = "{drug}"
route = "iv"
dose = "{dose} mg/kg over 40 min"
schedule = "once"
comparator = "midazolam"
n = 40
"""

# %%
# Write it down and run it
# ------------------------
with tempfile.TemporaryDirectory() as folder:
    file = Path(folder) / "trial.toml"
    file.write_text(SPEC + ARM.format(drug="ketamine", dose=0.5) + ARM.format(drug="midazolam", dose=0.045))
    answer = run_trial(read_spec(file))

(contrast,) = answer["contrasts"]
print(f"found significant in {100 * contrast['significant_fraction'][0]:.0f} of 100 such trials a day later")

# %%
# Both arms, trial by trial
# -------------------------
figure, panel = plt.subplots(figsize=(8, 4), layout="constrained")
for shift, arm, colour in zip((-0.1, 0.1), answer["arms"], ("#0a5a9c", "#a14a00"), strict=True):
    days = np.array(arm["times_h"]) / 24 + shift
    panel.vlines(days, arm["mean_change_p05"], arm["mean_change_p95"], color=colour, linewidth=1)
    panel.vlines(days, arm["mean_change_p25"], arm["mean_change_p75"], color=colour, linewidth=4)
    panel.plot(days, arm["mean_change"], "o-", color=colour, label=arm["name"])
panel.set_xlabel("days")
panel.set_ylabel("mean change of MADRS")
panel.set_title("bars hold 90 and 50 of 100 trials", loc="left", fontsize=10)
panel.legend(frameon=False)
plt.show()
