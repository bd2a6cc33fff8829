"""The visibility atlas made anew: which posteromedial source each montage shows half of the time.

Run by `make verify-rhythm`, which puts the table into the package.
"""

from __future__ import annotations

import sys
import warnings
from pathlib import Path

import numpy as np

from limen.recording.head import MONTAGES, depth_gain, scalp_gains
from limen.rhythm.calibration import from_surrogates, shaped_noise
from limen.rhythm.clock import clock
from limen.rhythm.detectability import detectability
from limen.rhythm.hindsight import examine
from limen.rhythm.reading import Thinned

SCALP_UV, DEPTH_UV = 5.3, 20.0
DISTANCES_MM = (3, 5, 10, 20, 40)
USUAL = np.array([0.0, -1.5, 0.0])
HEAD = """# Smallest posteromedial source found half of the time; made by make verify-rhythm.
# Gain: microvolts at the best electrode for 1 nAm, rms over orientations, median over the region, head of spheres.
# Background 1-4 Hz: scalp 5.3 uV, the median of two awake recordings (measured); depth 20 uV, an assumption of ours.
# Half found: simulated noise of exponent 1.5; two real awake recordings needed 1 dB more (docs/claims/rhythm.md).
montage,region,gain_uv_per_nam,background_uv,smallest_snr_db,smallest_source_nam
"""


def smallest_db():
    """The SNR found half of the time over a background of exponent 1.5."""
    rng, ticks = np.random.default_rng(1), clock(500.0)
    inside = round(120 * ticks.inside_hz)
    looks = ticks.looks(inside) + 1
    values = shaped_noise(np.tile(USUAL, (100, looks, 1)), inside, ticks, rng)
    thin = Thinned(values, np.zeros(values.shape, dtype=bool), ticks)
    again = examine(values, thin.bad, ticks)
    return round(detectability(thin, again, from_surrogates(again, 0.01).threshold, None, rng).half_db, 1)


def main():
    warnings.simplefilter("ignore")
    snr_db = smallest_db()
    lines = [
        (f"scalp-{count}", region, gain, SCALP_UV) for count in MONTAGES for region, gain in scalp_gains(count).items()
    ] + [(f"depth-{mm}", "any", depth_gain(mm), DEPTH_UV) for mm in DISTANCES_MM]
    text = HEAD + "".join(
        f"{montage},{region},{gain:.5f},{noise},{snr_db},{noise * 10 ** (snr_db / 20) / gain:.2f}\n"
        for montage, region, gain, noise in lines
    )
    Path(sys.argv[1]).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
