"""What a second of signal says beside the rhythm: its spectrum, alpha, gamma, and how steeply the rest falls."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from limen.quantities import Floats, Floats32

#: Seconds of signal that one spectrum rests on, and of its pieces (ours).
WINDOW_S: Final = 4.0
PIECE_S: Final = 2.0
ALPHA_HZ: Final = (8.0, 12.0)
GAMMA_HZ: Final = (30.0, 45.0)
#: The slope is fitted here, without alpha and its neighbours (ours).
SLOPE_HZ: Final = (2.0, 40.0)
WITHOUT_HZ: Final = (7.0, 14.0)
#: Rows of the spectrogram, Hz.
SHOWN_HZ: Final = tuple(range(1, 46))
FLOOR: Final = 1e-6
#: Ours: what is called a rhythm on the screen; live there is no recording yet to calibrate on, so it is a strict one.
CALLED: Final = 0.9
#: Kinds of channels that lie in the brain.
DEEP: Final = ("seeg", "ecog", "lfp")


@dataclass(eq=False)
class Recent:
    """The last seconds of a stream, shape ``(channels, samples)``; a gap empties it."""

    samples_uv: Floats32
    sample_rate_hz: float

    @classmethod
    def nothing(cls, channels: int, sample_rate_hz: float) -> Recent:
        """Begin with nothing."""
        return cls(np.zeros((channels, 0), dtype=np.float32), sample_rate_hz)

    def add(self, samples_uv: Floats32, *, after_gap: bool) -> None:
        """Add samples of shape ``(channels, samples)``."""
        most = round(WINDOW_S * self.sample_rate_hz)
        before = self.samples_uv[:, :0] if after_gap else self.samples_uv
        self.samples_uv = np.concatenate([before, samples_uv], axis=1)[:, -most:]

    def features(self) -> dict[str, Any] | None:
        """Give what is shown of it; None before there is enough."""
        if self.samples_uv.shape[1] < round(WINDOW_S * self.sample_rate_hz):
            return None
        hz, power = spectrum(self.samples_uv, self.sample_rate_hz)
        return {
            "alpha_db": listed(band_db(hz, power, ALPHA_HZ)),
            "gamma_db": listed(band_db(hz, power, GAMMA_HZ)),
            "slope": listed(slope(hz, power)),
            "spectrum_db": whole_rows(rows_db(hz, power)),
        }


def spectrum(samples_uv: Floats32, sample_rate_hz: float) -> tuple[Floats, Floats]:
    """Give frequencies, and microvolts squared per Hz of shape ``(channels, frequencies)``, by halved pieces."""
    piece = round(PIECE_S * sample_rate_hz)
    window = np.hanning(piece)
    starts = range(0, samples_uv.shape[1] - piece + 1, piece // 2)
    pieces = np.stack([samples_uv[:, at : at + piece].astype(np.float64) for at in starts], axis=1)
    pieces -= pieces.mean(axis=2, keepdims=True)
    found = np.abs(np.fft.rfft(pieces * window, axis=2)) ** 2
    scale = 2.0 / (sample_rate_hz * float((window**2).sum()))
    hz = np.asarray(np.fft.rfftfreq(piece, 1.0 / sample_rate_hz), dtype=np.float64)
    return hz, np.asarray(found.mean(axis=1) * scale, dtype=np.float64)


def band_db(hz: Floats, power_uv2_per_hz: Floats, band_hz: tuple[float, float]) -> Floats:
    """Give the power in a band, dB over 1 uV^2, shape ``(channels,)``."""
    inside = (hz >= band_hz[0]) & (hz <= band_hz[1])
    if not inside.any():
        return np.full(len(power_uv2_per_hz), np.nan)
    return np.asarray(10.0 * np.log10(np.maximum(power_uv2_per_hz[:, inside].sum(axis=1) * (hz[1] - hz[0]), FLOOR)))


def slope(hz: Floats, power_uv2_per_hz: Floats) -> Floats:
    """Give the power of 1/f that fits the rest of the spectrum, least squares in logarithms, shape ``(channels,)``."""
    inside = (hz >= SLOPE_HZ[0]) & (hz <= SLOPE_HZ[1]) & ~((hz > WITHOUT_HZ[0]) & (hz < WITHOUT_HZ[1]))
    x = np.log10(hz[inside])
    x -= x.mean()
    y = np.log10(np.maximum(power_uv2_per_hz[:, inside], FLOOR))
    return np.asarray(-(y @ x) / (x @ x))


def rows_db(hz: Floats, power_uv2_per_hz: Floats) -> Floats:
    """Give the spectrum at the rows that are shown, dB, NaN above half the rate, shape ``(channels, rows)``."""
    places = np.searchsorted(hz, SHOWN_HZ)
    level = 10.0 * np.log10(np.maximum(power_uv2_per_hz, FLOOR))
    padded = np.concatenate([level, np.full((len(level), 1), np.nan)], axis=1)
    return np.asarray(padded[:, np.minimum(places, padded.shape[1] - 1)])


def whole_rows(level_db: Floats) -> list[list[int | None]]:
    """Give levels of shape ``(channels, rows)`` as whole numbers in JSON; what is not known is null."""
    unknown = np.isnan(level_db)
    found = np.rint(np.where(unknown, 0.0, level_db)).astype(np.int64).astype(object)
    found[unknown] = None
    return list(found.tolist())


def listed(values: Floats) -> list[float | None]:
    """Give numbers as JSON has them; what is not known is null."""
    return [None if np.isnan(one) else round(float(one), 2) for one in values]
