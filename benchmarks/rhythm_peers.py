"""The peers of the rhythm detector, each as masks over time.

One for every setting of the one number that it is swept by.

Its other settings are those of its makers, or the best of `shared/evidence/detection.md` on the development seeds.
All get the same samples, thinned to 100 Hz, and are asked on a grid of 10 Hz.
"""

# ruff: noqa: E501 -- lines of tables

from __future__ import annotations

import warnings

import numpy as np
from scipy.signal import butter, decimate, hilbert, sosfiltfilt, stft
from scipy.stats import chi2

INSIDE_HZ = 100.0
GRID_HZ = 10.0
LOW_HZ, HIGH_HZ = 1.0, 4.0


def prepared(source):
    """Samples at 100 Hz (or the recording's own rate below 200), and that rate."""
    factor = max(1, round(source.sample_rate_hz / INSIDE_HZ))
    rows = source.samples_uv.astype(np.float64)
    return (decimate(rows, factor, ftype="fir", axis=1) if factor > 1 else rows), source.sample_rate_hz / factor


class Peer:
    """A tool: `settings` from the most to the least permissive, and `masks` of shape ``(settings, steps)`` of one row."""

    name = ""
    settings: tuple = ()
    snrs_db: tuple = (6, 3, 0, -3, -6, -9)
    most_seeds = 20

    def find(self, source):
        """Masks and frequencies (NaN where none is told) of every channel, each ``(settings, steps)``."""
        rows, rate = prepared(source)
        self.times_s = np.arange(0, rows.shape[1] / rate, 1 / GRID_HZ)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return [self.masks(row, rate) for row in rows]

    def at(self, every, place):
        """Masks and frequencies of every channel of the recording found last, at one setting."""
        return [(held[place], hz[place]) for held, hz in every]

    def painted(self, spans):
        """Mask and frequency of stretches (begin s, end s, Hz)."""
        held, hz = np.zeros(len(self.times_s), dtype=bool), np.full(len(self.times_s), np.nan, dtype=np.float32)
        for begin, end, f in spans:
            place = slice(int(np.ceil(begin * GRID_HZ)), int(np.ceil(end * GRID_HZ)))
            held[place], hz[place] = True, f
        return held, hz

    def stacked(self, each):
        return np.stack([one[0] for one in each]), np.stack([one[1] for one in each])


class Bosc(Peer):
    """BOSC, our re-implementation: 6-cycle wavelets, a line without 1-4 Hz, a chi-square quantile, at least 5 cycles."""

    name = "strict BOSC"
    settings = (
        0.8,
        0.85,
        0.88,
        0.9,
        0.91,
        0.92,
        0.93,
        0.94,
        0.95,
        0.96,
        0.97,
        0.98,
        0.985,
        0.99,
        0.9925,
        0.995,
        0.9965,
        0.9975,
        0.9985,
        0.999,
        0.9995,
        0.9999,
        0.99999,
    )
    cycles = 5
    frequencies_hz = np.concatenate([[0.5, 0.63, 0.8], np.arange(1.0, 4.01, 0.25), [5, 6.3, 15.9, 20]])

    def masks(self, row, rate):
        keep = round(rate / GRID_HZ)
        power = np.array([self._power(row, f, rate)[::keep] for f in self.frequencies_hz])[:, : len(self.times_s)]
        inside = (self.frequencies_hz >= LOW_HZ) & (self.frequencies_hz <= HIGH_HZ)
        x, y = np.log10(self.frequencies_hz[~inside]), np.log10(power[~inside].mean(axis=1))
        mean = 10 ** np.polyval(np.polyfit(x, y, 1), np.log10(self.frequencies_hz))
        ratio = power[inside] / mean[inside, None]
        return self.stacked([self._at(ratio, quantile) for quantile in self.settings])

    def _at(self, ratio, quantile):
        inside_hz = self.frequencies_hz[(self.frequencies_hz >= LOW_HZ) & (self.frequencies_hz <= HIGH_HZ)]
        on = ratio > chi2.ppf(quantile, 2) / 2
        for place, f in enumerate(inside_hz):
            edges = np.flatnonzero(np.diff(np.concatenate([[0], on[place].astype(np.int8), [0]]))).reshape(-1, 2)
            for begin, end in edges:
                if (end - begin) / GRID_HZ * f < self.cycles:
                    on[place, begin:end] = False
        # Neighbouring frequencies are on together: the one that stands out most is the rhythm's.
        best = inside_hz[np.where(on, ratio, -1.0).argmax(axis=0)]
        return on.any(axis=0), np.where(on.any(axis=0), best, np.nan).astype(np.float32)

    def _power(self, row, f, rate):
        sd = 6 / (2 * np.pi * f)
        t = np.arange(-4 * sd, 4 * sd, 1 / rate)
        wavelet = np.exp(-(t**2) / (2 * sd**2) + 2j * np.pi * f * t)
        wavelet /= np.sqrt((np.abs(wavelet) ** 2).sum())
        size = 1 << int(len(row) + len(t)).bit_length()
        full = np.fft.ifft(np.fft.fft(row, size) * np.fft.fft(wavelet, size))
        return np.abs(full[len(t) // 2 : len(t) // 2 + len(row)]) ** 2


class Specparam(Peer):
    """specparam on windows of 4 s, one every 2 s (Welch, 2 s), 0.5-30 Hz; swept by the height of a peak in 1-4 Hz."""

    name = "specparam"
    snrs_db = (6, 3, 0, -3)
    most_seeds = 10
    settings = (0.02, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0, 1.15, 1.3, 1.5, 1.8, 2.2)

    def masks(self, row, rate):
        from specparam import SpectralModel

        model = SpectralModel(verbose=False, peak_width_limits=(1.0, 4.0), max_n_peaks=4, min_peak_height=0.02)
        length = round(2 * rate)
        hz, _, waves = stft(row, rate, "hann", length, length // 2, boundary=None, padded=False, detrend="constant")
        power, found = np.abs(waves) ** 2, []
        for second in range(0, power.shape[1] - 2, 2):
            model.fit(hz, power[:, second : second + 3].mean(axis=1), (0.5, 30.0))
            peaks = np.atleast_2d(model.get_params("peak"))
            peaks = [(p[1], p[0]) for p in peaks if np.isfinite(p).all() and LOW_HZ <= p[0] <= HIGH_HZ]
            found.append(max(peaks, default=(0.0, np.nan)))
        # A window of 4 s speaks for the 2 s in its middle.
        return self.stacked(
            [
                self.painted([(2 * k + 1, 2 * k + 3, f) for k, (h, f) in enumerate(found) if h > least])
                for least in self.settings
            ]
        )


class Neurodsp(Peer):
    """neurodsp: dual threshold on the amplitude of 1-4 Hz, the lower half of the upper; at least 3 cycles."""

    name = "neurodsp"
    settings = (0.5, 0.7, 0.9, 1.0, 1.1, 1.2, 1.3, 1.45, 1.6, 1.8, 2.0, 2.3, 2.7, 3.2, 4.0)

    def masks(self, row, rate):
        from neurodsp.burst import detect_bursts_dual_threshold

        keep = round(rate / GRID_HZ)
        held = [
            detect_bursts_dual_threshold(row, rate, (high / 2, high), (LOW_HZ, HIGH_HZ))[::keep][: len(self.times_s)]
            for high in self.settings
        ]
        return np.array(held, dtype=bool), np.full((len(held), len(self.times_s)), np.nan, dtype=np.float32)


class Hilbert(Peer):
    """Band-pass 1-4 Hz and Hilbert envelope beyond so many times its median."""

    name = "band + Hilbert"
    settings = (1.0, 1.5, 1.8, 2.0, 2.2, 2.4, 2.6, 2.8, 3.0, 3.2, 3.5, 4.0, 5.0, 7.0)

    def masks(self, row, rate):
        sos = butter(4, (LOW_HZ, HIGH_HZ), "bandpass", fs=rate, output="sos")
        size = np.abs(hilbert(sosfiltfilt(sos, row)))[:: round(rate / GRID_HZ)][: len(self.times_s)]
        held = np.array([size > times * np.median(size) for times in self.settings])
        return held, np.full(held.shape, np.nan, dtype=np.float32)


class Yasa(Peer):
    """YASA slow waves, 1-4 Hz; swept by the negative amplitude; half of it is asked above, 1.5 times it peak to peak."""

    name = "YASA"
    settings = (2.0, 4.0, 6.0, 9.0, 12.0, 15.0, 18.0, 22.0, 26.0, 30.0, 36.0, 44.0, 60.0)

    def masks(self, row, rate):
        import yasa

        each = []
        for least in self.settings:
            found = yasa.sw_detect(
                row, rate, freq_sw=(LOW_HZ, HIGH_HZ), dur_neg=(0.1, 1.0), dur_pos=(0.1, 1.0), amp_neg=(least, 900),
                amp_pos=(least / 2, 900), amp_ptp=(1.5 * least, 1800), verbose="ERROR",
            )  # fmt: skip
            rows = [] if found is None else found.summary()[["Start", "End"]].to_numpy()
            each.append(self.painted([(b, e, np.nan) for b, e in rows]))
        return self.stacked(each)


class Bycycle(Peer):
    """bycycle: cycles of 1-4 Hz; swept by the consistency of amplitude and period that is asked, at least 3 cycles."""

    name = "bycycle"
    settings = (0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95)

    def masks(self, row, rate):
        from bycycle.burst import detect_bursts_cycles
        from bycycle.features import compute_features

        table, each = compute_features(row, rate, (LOW_HZ, HIGH_HZ)), []
        for least in self.settings:
            on = detect_bursts_cycles(
                table.copy(), amp_fraction_threshold=0.3, amp_consistency_threshold=least,
                period_consistency_threshold=least, monotonicity_threshold=0.6,
            )  # fmt: skip
            on = on[on["is_burst"].astype(bool)]
            begins, ends = on["sample_last_trough"].to_numpy() / rate, on["sample_next_trough"].to_numpy() / rate
            each.append(self.painted([(b, e, 1 / (e - b)) for b, e in zip(begins, ends, strict=True)]))
        return self.stacked(each)


PEERS = (Bosc, Specparam, Neurodsp, Hilbert, Yasa, Bycycle)
