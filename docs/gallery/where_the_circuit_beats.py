"""
Where the circuit would beat
============================

Two rival mechanisms of the posteromedial circuit, both hypotheses: how strong is their slow rhythm at each share of
blocked receptors, and how large a share does one infusion block? Where the window of a mechanism falls on the axis of
dose is not a prediction: both are shown as they were set.
"""

import matplotlib.pyplot as plt

import limen
from limen.circuit.mechanisms import MECHANISMS, TITLES
from limen.circuit.surface import BLOCKS, surface

# %%
# The window of each
# ------------------
strength = surface().rhythm().reshape(len(MECHANISMS), -1, len(BLOCKS)).mean(axis=1)
for name, own in zip(MECHANISMS, strength, strict=True):
    print(f"circuit {TITLES[name]}: strongest at {100 * BLOCKS[own.argmax()]:.0f} % of receptors blocked")

# %%
# What an infusion blocks
# -----------------------
found = limen.occupancy("0.5 mg/kg over 40 min", weight_kg=70, at_min=[40])["occupancy"]
low, high = found["p05"][0], found["p95"][0]

# %%
# Beside each other
# -----------------
figure, panel = plt.subplots(figsize=(8, 3.5), layout="constrained")
panel.axvspan(100 * low, 100 * high, color="0.5", alpha=0.15, linewidth=0, label="0.5 mg/kg at its end, 90 of 100")
for name, own, colour in zip(MECHANISMS, strength, ("#0a5a9c", "#a14a00"), strict=True):
    panel.plot([100 * share for share in BLOCKS], own, color=colour, label=f"circuit {TITLES[name]}")
panel.set_xlabel("% of receptors blocked")
panel.set_ylabel("strength of the rhythm, 0 to 1")
panel.legend(frameon=False)
plt.show()
