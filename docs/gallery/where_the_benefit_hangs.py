"""
Where the benefit hangs
=======================

The same people and the same infusion, with one joint of the chain switched at a time: how much lower is the depression
score a day and a week later than after the same visit without drug? A row that stays where it is does not depend on
that joint. Nobody's answer to this question was measured: it says what the model rests on.
"""

import matplotlib.pyplot as plt
import numpy as np

import limen
from limen.chain import alternatives
from limen.regimen import Case, Patient, Regimen, read_visit

ADULT = Patient(weight_kg=70.0, diagnosis="MDD", baseline={"MADRS": 32.0})
HOURS = (24.0, 168.0)


def mean_score(drug, dose, joints):
    """Give the mean MADRS at both times."""
    visit = read_visit(dose, drug=drug, route="iv", patient=ADULT)
    case = Case(ADULT, Regimen((visit,)), times_h=HOURS, setting="midazolam", draws=500, joints=joints)
    return np.array(limen.predict(case)["scores"]["MADRS"]["mean"])


def benefit(joints):
    """Give how much lower the score is than after the same visit without drug."""
    return mean_score("placebo", "0 mg over 40 min", joints) - mean_score("ketamine", "0.5 mg/kg over 40 min", joints)


# %%
# Switch one joint at a time
# --------------------------
sides = {"as they stand": {}, **{f"{joint}: {word}": {joint: word} for joint, word in alternatives()}}
benefits = {name: benefit(joints) for name, joints in sides.items()}
for name, (day, week) in benefits.items():
    print(f"{name:15} {day:5.1f} points a day later, {week:5.1f} a week later")

# %%
# Draw them
# ---------
figure, panel = plt.subplots(figsize=(8, 5), layout="constrained")
rows = np.arange(len(benefits))[::-1]
for column, (words, colour) in enumerate((("a day later", "#0a5a9c"), ("a week later", "#a14a00"))):
    panel.plot([both[column] for both in benefits.values()], rows, "o", color=colour, label=words)
panel.axvline(0, color="0.6", linewidth=0.8)
panel.set_yticks(rows, benefits)
panel.set_xlabel("MADRS points lower than without drug")
panel.legend(frameon=False)
plt.show()
