"""What looks like a rhythm and is none: each episode is named, and nothing is hidden.

The names and their telling features are those of detection.md section 7; the limits are ours.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

import numpy as np

from limen.quantities import Floats, Recording
from limen.recording import SignalFile
from limen.recording.channels import bare
from limen.rhythm.clock import Clock
from limen.rhythm.episodes import Candidate, stretches
from limen.rhythm.gamma import gamma_fills_the_gaps
from limen.rhythm.hindsight import Examined
from limen.rhythm.reading import Thinned
from limen.rhythm.states import MOVEMENT, RHYTHM, SHARES, SLOW_WAVE, Complex
from limen.rhythm.verdicts import Episode
from limen.rhythm.waveform import CLEAR, Waveform, waveform

SPIKE_WAVE: Final = "spike_wave"
NYSTAGMUS: Final = "nystagmus"
PULSE: Final = "pulse"
ALTERNATION: Final = "alternation"
BLINK: Final = "blink"
LINE: Final = "line"

#: A wave whose harmonics hold this share of its fundamental, two of them clear, is no smooth rhythm.
SHARP_SHARE: Final = 0.08
CLEAR_HARMONICS: Final = 2
#: Where only one is clear it must be larger.
SHARPER_SHARE: Final = 0.12
#: The slope of a sawtooth is this skew; that of a spike, which goes up and down again, is not.
LOPSIDED: Final = 1.0
#: A pulse goes at this rate, and never stops: an electrode shows it for this share of the time.
PULSE_HZ: Final = (0.8, 2.2)
NEVER_STOPS: Final = 0.8
PULSE_SHARE: Final = 0.02
#: A slow pulse is found now at its own rate and now at twice that; where the wave repeats only every second time, this
#: share of the time is enough.
DOUBLED_SHARE: Final = 0.4
#: A rhythm goes at the heart's rate where the ECG, a cycle of it later, is as like itself as this.
LOCKED: Final = 0.5
#: Left and right beside the eyes, and how opposed they are when the eyes move.
RIGHT_OF: Final = {"f7": "f8", "af7": "af8", "fp1": "fp2", "f9": "f10"}
REFERENCE: Final = re.compile(r"[-\s](ref|le|avg?|[am][12])$")
OPPOSED: Final = -0.6
#: A rhythm of one scalp electrode that never stops, and that none of so many others shows to this part of its size, is
#: a fault of that electrode: the skull spreads what the brain does.
ENOUGH_ELECTRODES: Final = 16
SPREADS: Final = 0.4
#: A state other than a rhythm is reported where it is this likely for this long.
LIKELY: Final = 0.9
OTHER_LASTS_S: Final = {MOVEMENT: 0.5, SLOW_WAVE: 3.0}
#: Episodes this near in frequency are of one kind.
ALIKE_HZ: Final = 0.4
#: A run of suspected blinks in an episode makes it one of them.
BLINKS_SHARE: Final = 0.45


@dataclass(frozen=True, eq=False)
class LookAlikes:
    """The kind of every episode, by channel, and episodes that never were candidates for a rhythm."""

    kinds: tuple[tuple[str, ...], ...]
    other: tuple[tuple[Episode, ...], ...]

    def of_channel(self, row: int) -> tuple[str, ...]:
        """Give the kinds of a channel's episodes."""
        return self.kinds[row]

    def others(self, row: int) -> tuple[Episode, ...]:
        """Give a channel's episodes of other kinds."""
        return self.other[row]


@dataclass(frozen=True, eq=False)
class _Scene:
    """What the kind of an episode may rest on besides its own samples."""

    source: Recording | SignalFile
    places: tuple[int, ...]
    thin: Thinned
    examined: Examined
    heart: Floats | None


def look_alikes(
    source: Recording | SignalFile,
    places: tuple[int, ...],
    thin: Thinned,
    examined: Examined,
    chosen: tuple[tuple[Candidate, ...], ...],
    *,
    heart: Floats | None = None,
) -> LookAlikes:
    """Name every episode of every channel.

    Parameters
    ----------
    source : Recording or SignalFile
        The recording.
    places : tuple of int
        Channels that were examined.
    thin : Thinned
        Their samples.
    examined : Examined
        What is believed of them.
    chosen : tuple
        By channel, the candidates that count.
    heart : Floats, optional
        Shape ``(inside,)``; the thinned ECG, where there is one.

    Returns
    -------
    LookAlikes
        A kind for each.
    """
    scene = _Scene(source, places, thin, examined, heart)
    kinds = tuple(_of_channel(scene, row, every) for row, every in enumerate(chosen))
    return LookAlikes(kinds, tuple(_others(examined, row) for row in range(len(places))))


def _of_channel(scene: _Scene, row: int, every: tuple[Candidate, ...]) -> tuple[str, ...]:
    if not every:
        return ()
    waves = [_wave(scene, row, one) for one in every]
    steps = scene.examined.evidence.known.shape[1]
    share = sum(one.steps for one in every) / max(1, int(scene.examined.evidence.known[row].sum()))
    kinds = [_kind(scene, row, one, wave, share) for one, wave in zip(every, waves, strict=True)]
    if RHYTHM in kinds and gamma_fills_the_gaps(scene.source, scene.places[row], every, scene.examined.clock, steps):
        kinds = [ALTERNATION if kind == RHYTHM else kind for kind in kinds]
    return _by_majority(tuple(kinds), every)


def _by_majority(kinds: tuple[str, ...], every: tuple[Candidate, ...]) -> tuple[str, ...]:
    """Let episodes of one frequency share the name that most of their time bears, since harmonics need length."""
    names = {kind for kind in kinds if kind in {SPIKE_WAVE, NYSTAGMUS, PULSE}}
    found = list(kinds)
    for name in names:
        named = [one for one, kind in zip(every, kinds, strict=True) if kind == name]
        middle = float(np.median([one.frequency_hz for one in named]))
        alike = [
            place
            for place, one in enumerate(every)
            if abs(one.frequency_hz - middle) < ALIKE_HZ and kinds[place] in {name, RHYTHM}
        ]
        if 2 * sum(one.steps for one in named) >= sum(every[place].steps for place in alike):
            for place in alike:
                found[place] = name
    return tuple(found)


def _wave(scene: _Scene, row: int, one: Candidate) -> Waveform:
    clock = scene.examined.clock
    look = int(clock.nearest_look(one.end, scene.examined.background.shape[1])[one.begin])
    return waveform(
        scene.thin.values[row],
        scene.examined.traces.oscillation[row, one.begin : one.end],
        scene.examined.background[row, look],
        one.begin,
        clock,
    )


def _kind(scene: _Scene, row: int, one: Candidate, wave: Waveform, share: float) -> str:
    if _opposed_beside_the_eyes(scene, row, one):
        return NYSTAGMUS
    if _is_pulse(scene, one, wave, share):
        return PULSE
    if _is_sharp(wave):
        return NYSTAGMUS if abs(wave.lopsided) > LOPSIDED else SPIKE_WAVE
    if scene.examined.blinks[row, one.begin : one.end].mean() > BLINKS_SHARE:
        return BLINK
    return LINE if share > NEVER_STOPS and _of_one_electrode(scene, row, one) else RHYTHM


def _of_one_electrode(scene: _Scene, row: int, one: Candidate) -> bool:
    """Say whether no other scalp electrode swings with this one at the rhythm's frequency."""
    electrodes = [number for number, place in enumerate(scene.places) if scene.source.kinds[place] == "eeg"]
    if row not in electrodes or len(electrodes) < ENOUGH_ELECTRODES:
        return False
    clock = scene.examined.clock
    piece = slice(one.begin * clock.stride + clock.reach, one.end * clock.stride + clock.reach)
    mine = _swing(scene.thin.values[row, piece], one.frequency_hz, clock)
    others = (
        _swing(scene.thin.values[number, piece], one.frequency_hz, clock) for number in electrodes if number != row
    )
    return max(_part(other, mine) for other in others) < SPREADS


def _part(other: Complex, mine: Complex) -> float:
    """Give how much of one slow course another bears."""
    return float(abs((other * mine.conj()).mean()) / max(float((np.abs(mine) ** 2).mean()), 1e-30))


def _is_sharp(wave: Waveform) -> bool:
    if not wave.second_clear:
        return False
    if wave.clear_harmonics >= CLEAR_HARMONICS:
        return wave.harmonic_share > SHARP_SHARE
    return wave.clear_harmonics > 0 and wave.harmonic_share > SHARPER_SHARE


def _is_pulse(scene: _Scene, one: Candidate, wave: Waveform, share: float) -> bool:
    doubled = wave.half_share > CLEAR and one.frequency_hz / 2 >= PULSE_HZ[0]
    if share > DOUBLED_SHARE and doubled:
        return True
    if not PULSE_HZ[0] <= one.frequency_hz <= PULSE_HZ[1]:
        return False
    if scene.heart is not None and _locked(scene.heart, scene.examined.clock, one):
        return True
    return share > NEVER_STOPS and wave.harmonic_share > PULSE_SHARE


def _locked(heart: Floats, clock: Clock, one: Candidate) -> bool:
    """Say whether the ECG beats at the rhythm's frequency: its autocorrelation peaks one cycle later."""
    begin = one.begin * clock.stride + clock.reach
    piece = np.abs(np.diff(heart[begin : one.end * clock.stride + clock.reach]))
    piece = np.convolve(piece - piece.mean(), np.hanning(max(3, round(0.12 * clock.inside_hz))), "same")
    lag = round(clock.inside_hz / one.frequency_hz)
    if len(piece) < 2 * lag:
        return False
    around = [float(piece[:-k] @ piece[k:]) for k in range(max(1, lag - lag // 8), lag + lag // 8 + 1)]
    return max(around) / max(float(piece @ piece), 1e-30) > LOCKED


def _opposed_beside_the_eyes(scene: _Scene, row: int, one: Candidate) -> bool:
    """Say whether the electrodes left and right of the eyes swing against each other in this episode."""
    names = {REFERENCE.sub("", bare(scene.source.names[place])): row for row, place in enumerate(scene.places)}
    clock = scene.examined.clock
    piece = slice(one.begin * clock.stride + clock.reach, one.end * clock.stride + clock.reach)
    for left, number in names.items():
        other = names.get(RIGHT_OF.get(left, ""))
        if other is None:
            continue
        a, b = (_swing(scene.thin.values[place, piece], one.frequency_hz, clock) for place in (number, other))
        mine = _swing(scene.thin.values[row, piece], one.frequency_hz, clock)
        size = np.sqrt((np.abs(a) ** 2).mean() * (np.abs(b) ** 2).mean())
        against = float((a * b.conj()).mean().real / max(size, 1e-30))
        follows = abs((mine * (a - b).conj()).mean()) / max(
            np.sqrt((np.abs(mine) ** 2).mean() * (np.abs(a - b) ** 2).mean()), 1e-30
        )
        if against < OPPOSED and follows > -OPPOSED and size >= (np.abs(mine) ** 2).mean() * OPPOSED**2:
            return True
    return False


def _swing(piece: Floats, frequency_hz: float, clock: Clock) -> Complex:
    """Give the slow course of a piece at one frequency, over windows of two cycles."""
    turn = np.exp(-2j * np.pi * frequency_hz / clock.inside_hz * np.arange(len(piece)))
    window = np.hanning(max(3, round(2 * clock.inside_hz / frequency_hz)))
    return np.convolve((piece - piece.mean()) * turn, window / window.sum(), "same")


def _others(examined: Examined, row: int) -> tuple[Episode, ...]:
    """Give the stretches in which movement, or raised slow power without a peak, explains the signal."""
    clock, known = examined.clock, examined.evidence.known[row]
    begin_s = clock.times_s(len(known)) - clock.step_s / 2
    found = []
    for name, least_s in OTHER_LASTS_S.items():
        share = examined.traces.shares[row, :, SHARES.index(name)]
        for begin, end in stretches((share > LIKELY) & known):
            if (end - begin) * clock.step_s >= least_s:
                chance = float(share[begin:end].mean())
                found.append(Episode(float(begin_s[begin]), (end - begin) * clock.step_s, 0.0, chance, name))
    return tuple(found)
