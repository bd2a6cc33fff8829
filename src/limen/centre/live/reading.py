"""What the recorder reads in the signal while it comes: rhythm by channel, spectra, and where nothing could be seen."""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from limen.centre.live.features import CALLED, DEEP, Recent
from limen.quantities import ChannelKind, Floats, Packet
from limen.rhythm.detector import LAG_S, Detector, chance
from limen.rhythm.follower import Judged
from limen.rhythm.monitor import ON
from limen.rhythm.visibility import LOOKED_FOR_NAM, montage_of, visible_now_nam

#: Seconds of signal from one spectrum to the next.
FEATURES_S: Final = 1.0


class Reader:
    """Reads one stream as it comes.

    Parameters
    ----------
    names, kinds : tuple
        Of the channels.
    sample_rate_hz : float
        Of the stream.
    first_sample : int
        Place of its first sample in the recording.
    """

    def __init__(
        self, names: tuple[str, ...], kinds: tuple[ChannelKind, ...], sample_rate_hz: float, first_sample: int
    ) -> None:
        self.names, self.kinds, self.rate_hz, self._from = names, kinds, sample_rate_hz, first_sample
        self._detector = Detector(sample_rate_hz, len(names), LAG_S)
        self._recent = Recent.nothing(len(names), sample_rate_hz)
        self._likely: Floats = np.full(len(names), np.nan)
        self._hz: Floats = np.full(len(names), np.nan)
        self._judged_s = self._kept_s = 0.0
        self._features: dict[str, Any] | None = None
        self._features_at = -sample_rate_hz
        electrodes = sum(kind == "eeg" for kind in kinds)
        self._montages = [
            montage_of(electrodes, deep=kind in DEEP) if kind in ("eeg", *DEEP) else None for kind in kinds
        ]

    def step(self, packet: Packet) -> None:
        """Take a packet in."""
        own = Packet(packet.samples_uv, packet.first_sample - self._from, packet.sample_rate_hz, packet.gap_before_s)
        for judged in self._detector.step(own):
            self._see(judged)
        self._recent.add(packet.samples_uv, after_gap=packet.gap_before_s > 0)
        if packet.first_sample - self._features_at >= FEATURES_S * self.rate_hz:
            self._features, self._features_at = self._recent.features(), packet.first_sample

    def reading(self) -> dict[str, Any] | None:
        """Give once what is new in the second that was judged last, in few words; None where nothing is.

        ``p`` in hundredths and ``hz`` by channel, and alpha, gamma and slope; null where not known.
        """
        if self._judged_s < self._kept_s + FEATURES_S:
            return None
        self._kept_s = self._judged_s
        features = self._features or {}
        return {
            "judged_s": round(self._judged_s, 2),
            "p": [None if np.isnan(one) else round(100 * one) for one in self._likely.tolist()],
            "hz": [None if np.isnan(one) else round(one, 1) for one in self._hz.tolist()],
            **{name: features[name] for name in ("alpha_db", "gamma_db", "slope") if name in features},
        }

    def state(self) -> dict[str, Any]:
        """Give what is read now, as JSON."""
        sizes_nam = self._sizes_nam()
        channels = [self._channel(place, sizes_nam[place]) for place in range(len(self.names))]
        return {"channels": channels, "judged_s": round(self._judged_s, 2), "features": self._features}

    def _see(self, judged: Judged) -> None:
        self._likely = chance(judged)[:, -1]
        self._hz = judged.traces.frequency_hz[:, -1]
        self._judged_s = float(self._detector.times_s(judged)[-1]) + self._from / self.rate_hz

    def _sizes_nam(self) -> list[float | None]:
        """Give the smallest source that each channel would show now; None where that is not known."""
        shapes, found = self._detector.background(), np.full(len(self.names), np.nan)
        for montage in {one for one in self._montages if one is not None}:
            those = [place for place, one in enumerate(self._montages) if one == montage]
            found[those] = visible_now_nam(shapes[those], self.rate_hz, montage)
        return [None if np.isnan(one) else round(one, 1) for one in found.tolist()]

    def _channel(self, place: int, nam: float | None) -> dict[str, Any]:
        likely = self._likely[place]
        known = not np.isnan(likely)
        return {
            "name": self.names[place],
            "kind": self.kinds[place],
            "p": round(float(likely), 3) if known else None,
            "hz": round(float(self._hz[place]), 2) if known else None,
            "verdict": said(likely, nam, deep=self.kinds[place] in DEEP),
            "smallest_visible_nam": nam,
        }


def said(likely: float, nam: float | None, *, deep: bool) -> str:
    """Say what may be said of a channel now; none is claimed where a rhythm of the size looked for would be missed."""
    if np.isnan(likely):
        return "unknown"
    if likely >= CALLED:
        return "rhythm"
    if not deep and (nam is None or nam > LOOKED_FOR_NAM):
        return "not detectable here"
    return "perhaps a rhythm" if likely >= ON else "no rhythm now"
