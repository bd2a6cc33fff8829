"""What a source in the posteromedial cortex gives at an electrode: a head of four spheres, and a contact in the brain.

The spheres come with MNE-Python and need no file of a person's head. Real heads differ by tens of per cent; the
folding of the medial wall cancels more than that. So what follows is an upper bound on what is seen.
"""

from __future__ import annotations

from importlib import import_module
from typing import Final

import numpy as np

from limen.quantities import Floats, InputError
from limen.recording.regions import region_centres

#: Names of electrode sets in MNE-Python by how many electrodes they have; 19 are those of the 10-20 system.
MONTAGES: Final = {19: "standard_1020", 64: "biosemi64", 128: "biosemi128"}
TEN_TWENTY: Final = (
    "Fp1", "Fp2", "F7", "F3", "Fz", "F4", "F8", "T7", "C3", "Cz", "C4", "T8", "P7", "P3", "Pz", "P4", "P8", "O1", "O2",
)  # fmt: skip
#: Ours: the middle of the brain in MNI space, and its mean radius there, for its place in the spheres.
BRAIN_CENTRE_MM: Final = (0.0, -18.0, 8.0)
BRAIN_RADIUS_MM: Final = 78.0
#: Share of the head's radius that is brain in MNE-Python's spheres.
BRAIN_SHARE: Final = 0.9
HEAD_RADIUS_M: Final = 0.09
HEAD_CENTRE_M: Final = (0.0, 0.0, 0.04)
#: Conductivity of the brain in the same spheres, S/m.
CONDUCTIVITY_S_PER_M: Final = 0.33
MICROVOLTS: Final = 1e6
NANO: Final = 1e-9


def scalp_gains(electrodes: int) -> dict[str, float]:
    """Give what a source of 1 nAm in each posteromedial region gives at the electrode that sees it best, microvolts.

    Parameters
    ----------
    electrodes : int
        19, 64 or 128.

    Returns
    -------
    dict
        By region: the root mean square over three orientations, against the average of all electrodes, the median
        over the region's places.

    Raises
    ------
    InputError
        If there is no such set of electrodes.
    """
    if electrodes not in MONTAGES:
        raise InputError(f"There is no set of {electrodes} electrodes here: choose {', '.join(map(str, MONTAGES))}.")
    centres = region_centres()
    gains = _forward(electrodes, np.concatenate(list(centres.values())))
    best = np.sqrt((gains**2).mean(axis=2)).max(axis=0)
    edges = np.cumsum([0, *(len(places) for places in centres.values())])
    return {
        name: float(np.median(best[begin:end]) * NANO * MICROVOLTS)
        for name, begin, end in zip(centres, edges[:-1], edges[1:], strict=True)
    }


def depth_gain(distance_mm: float) -> float:
    """Give what a source of 1 nAm gives at a contact so far away, microvolts, root mean square over directions.

    V = p cos(angle) / (4 pi sigma r^2) in a medium without borders.
    """
    volts = NANO / (4 * np.pi * CONDUCTIVITY_S_PER_M * (distance_mm / 1000) ** 2) / np.sqrt(3)
    return float(volts * MICROVOLTS)


def _forward(electrodes: int, places_mm: Floats) -> Floats:
    """Give volts per ampere metre, shape ``(electrodes, places, 3)``."""
    mne = import_module("mne")
    montage = mne.channels.make_standard_montage(MONTAGES[electrodes])
    names = list(TEN_TWENTY) if electrodes == len(TEN_TWENTY) else montage.ch_names
    info = mne.create_info(names, 1000.0, "eeg", verbose="ERROR")
    info.set_montage(montage, verbose="ERROR")
    sphere = mne.make_sphere_model(HEAD_CENTRE_M, HEAD_RADIUS_M, verbose="ERROR")
    scale = BRAIN_SHARE * HEAD_RADIUS_M / BRAIN_RADIUS_MM
    places = (places_mm - np.array(BRAIN_CENTRE_MM)) * scale + np.array(HEAD_CENTRE_M)
    source = mne.setup_volume_source_space(
        pos={"rr": places, "nn": np.tile([0.0, 0.0, 1.0], (len(places), 1))}, sphere=sphere, verbose="ERROR"
    )
    forward = mne.make_forward_solution(
        info, trans=None, src=source, bem=sphere, meg=False, eeg=True, mindist=0.0, verbose="ERROR"
    )
    gains = forward["sol"]["data"].reshape(len(names), -1, 3)
    found: Floats = gains - gains.mean(axis=0)
    return found
