"""Shapes that limen.recording and the recordings of limen.quantities declare."""

import numpy as np
from house.shape_cases import ShapeCase

from limen.quantities import Packet, Recording
from limen.recording import bipolar, common_average, regions
from limen.recording.arrays import Rows, clocked

SAMPLES_UV = np.ones((3, 40), dtype=np.float32)
RECORDING = Recording(SAMPLES_UV, 100.0, ("LA1", "LA2", "LA3"), ("seeg", "seeg", "seeg"), positions_mm=np.zeros((3, 3)))

CASES = (
    ShapeCase(
        Recording,
        {
            "samples_uv": SAMPLES_UV,
            "sample_rate_hz": 100.0,
            "names": RECORDING.names,
            "kinds": RECORDING.kinds,
            "positions_mm": RECORDING.positions_mm,
        },
    ),
    ShapeCase(RECORDING.missing, {}),
    ShapeCase(Packet, {"samples_uv": SAMPLES_UV, "first_sample": 0, "sample_rate_hz": 100.0}),
    ShapeCase(common_average(RECORDING).apply, {"samples_uv": SAMPLES_UV}),
    ShapeCase(bipolar(RECORDING).apply, {"samples_uv": SAMPLES_UV}),
    ShapeCase(regions, {"positions_mm": np.zeros((3, 3))}),
    ShapeCase(Rows(SAMPLES_UV, 1.0).load, {"channels": (0, 2), "first": 3, "past": 9}),
    ShapeCase(clocked, {"times_s": np.arange(9.0), "file": "a.txt"}),
)
