"""
One dose, and what it blocks
============================

Half a milligram a kilogram over 40 minutes: what is in venous plasma, and how many NMDA receptors hold drug. The band
of the concentration is 90 of 100 people with the doubt of published models; the three lines of block are three assays
of the same binding, which no measurement in a person decides between.
"""

import matplotlib.pyplot as plt

import limen

DOSE = "0.5 mg/kg over 40 min"
MINUTES = list(range(0, 241, 5))
ASSAYS = {"in_vivo": "living rat", "ebert": "dish, by enantiomer", "salat": "dish, racemate"}

# %%
# Ask for both
# ------------
plasma = limen.concentration(DOSE, weight_kg=70, at_min=MINUTES)["analytes"]["ketamine"]
block = {assay: limen.occupancy(DOSE, weight_kg=70, at_min=MINUTES, assay=assay)["occupancy"] for assay in ASSAYS}
at_end = MINUTES.index(40)
print(f"At the end of the infusion: {plasma['typical'][at_end]:.0f} ng/mL in a typical adult of 70 kg")
for assay, words in ASSAYS.items():
    print(f"  {100 * block[assay]['typical'][at_end]:3.0f} % of receptors hold drug, assay: {words}")

# %%
# Draw them
# ---------
figure, (above, below) = plt.subplots(2, 1, sharex=True, figsize=(8, 5), layout="constrained")
above.fill_between(MINUTES, plasma["p05"], plasma["p95"], color="#0a5a9c", alpha=0.15, linewidth=0)
above.plot(MINUTES, plasma["typical"], color="#0a5a9c")
above.set_ylabel("ketamine, ng/mL")
for assay, look in zip(ASSAYS, ("-", "--", ":"), strict=True):
    below.plot(MINUTES, block[assay]["typical"], look, color="#a14a00", label=ASSAYS[assay])
below.set_ylabel("share of receptors")
below.set_ylim(0, 1)
below.set_xlabel("minutes from the start")
below.legend(frameon=False)
plt.show()
