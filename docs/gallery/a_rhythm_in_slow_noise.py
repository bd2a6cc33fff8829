"""
A rhythm in slow noise
======================

Slow waves look rhythmic to the eye. Here a 2 Hz rhythm is put into ten seconds of a minute of slow noise, and the
detector says when it believes in it. Beside what it found stands the smallest rhythm that it could have found here.
"""

import matplotlib.pyplot as plt
import numpy as np

import limen
from limen.quantities import Recording

RATE_HZ, SECONDS = 100.0, 60
TRUE_S = (25.0, 35.0)
RHYTHM_HZ = 2.0

# %%
# Make a recording in which the truth is known
# --------------------------------------------
rng = np.random.default_rng(4)
time_s = np.arange(int(RATE_HZ * SECONDS)) / RATE_HZ
noise = np.cumsum(rng.standard_normal(time_s.size))
noise -= np.convolve(noise, np.ones(800) / 800, "same")
there = (time_s > TRUE_S[0]) & (time_s < TRUE_S[1])
contact_uv = 10 * noise / noise.std() + 10 * there * np.cos(2 * np.pi * RHYTHM_HZ * time_s)
recording = Recording(contact_uv[None].astype(np.float32), RATE_HZ, ("contact",), ("lfp",), simulated=True)

# %%
# Ask
# ---
(found,) = limen.find_rhythm(recording)["channels"]
print(
    f"verdict: {found['verdict']}; a rhythm of {found['smallest_detectable_snr_db']:.1f} dB would show half of the time"
)
for one in found["episodes"]:
    end_s = one["onset_s"] + one["duration_s"]
    print(
        f"{one['onset_s']:5.1f} to {end_s:5.1f} s: {one['frequency_hz']:.2f} Hz, probability {one['probability']:.2f}"
    )

# %%
# What was there, and what was found
# ----------------------------------
figure, panel = plt.subplots(figsize=(8, 3), layout="constrained")
panel.plot(time_s, contact_uv, color="0.35", linewidth=0.7)
top = 1.1 * np.abs(contact_uv).max()
panel.plot(TRUE_S, (top, top), color="#a14a00", linewidth=4, solid_capstyle="butt", label="rhythm put in")
for k, one in enumerate(found["episodes"]):
    ends = (one["onset_s"], one["onset_s"] + one["duration_s"])
    panel.plot(ends, (-top, -top), color="#0a5a9c", linewidth=4, solid_capstyle="butt", label="found" if k == 0 else "")
panel.set_xlabel("s")
panel.set_ylabel("uV")
panel.legend(frameon=False, loc="lower left")
plt.show()
