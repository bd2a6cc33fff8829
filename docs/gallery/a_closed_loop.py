"""
A closed loop in simulation
===========================

A simulated patient has a deep contact in posteromedial cortex and, after some seconds without drug, a receptor block
at which the hypothetical circuit beats. The live detector reads the contact, and asks for a pulse whenever it believes
in a rhythm and that comes to its peak. First the pulses are only noted (a sham), because a pulse makes a peak of its
own; then they are given. Nothing here was recorded from anybody, and Limen drives no stimulator.
"""

import matplotlib.pyplot as plt
import numpy as np

from limen.chain.closed_loop import DetectedPhase, run_loop
from limen.chain.simulated_patient import SAMPLE_RATE_HZ, Plan, SimulatedPatient

SECONDS = 26.0
DRUG_S = 12.0
SHOWN_S = 5.0
BLOCK = 0.35


def loop(*, sham):
    """Run one loop at the peak of the rhythm."""
    patient = SimulatedPatient(Plan(lambda second: BLOCK if second > DRUG_S else 0.0, mechanism="rival", seed=3))
    return run_loop(patient, DetectedPhase(SAMPLE_RATE_HZ), seconds=SECONDS, target_rad=0.0, sham=sham)


# %%
# Noted, then given
# -----------------
courses = {"noted (sham)": loop(sham=True), "given": loop(sham=False)}
strength, phase = courses["noted (sham)"].locking()
print(
    f"sham: {len(courses['noted (sham)'].pulses_s)} pulses, gathered {strength:.2f} around {phase:+.2f} rad of the peak"
)

# %%
# The contact and the pulses
# --------------------------
figure, axes = plt.subplots(2, 1, sharex=True, figsize=(8, 4.5), layout="constrained")
for panel, (name, course) in zip(axes, courses.items(), strict=True):
    time_s = np.arange(len(course.deep_uv)) / SAMPLE_RATE_HZ
    late = time_s >= SECONDS - SHOWN_S
    panel.plot(time_s[late], course.deep_uv[late], color="#0a5a9c", linewidth=0.8)
    for at in course.pulses_s[course.pulses_s >= SECONDS - SHOWN_S]:
        panel.axvline(at, color="#a14a00", linewidth=1.2)
    panel.set_ylabel("uV")
    panel.set_title(f"pulses {name}", loc="left", fontsize=10)
axes[1].set_xlabel("s")
plt.show()
