"""What was seen of a person, each observation beside what every guess would have shown."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np

from limen.chain import Course
from limen.inference.readings import (
    BORROWED_LOG_SD,
    NONE_NG_PER_ML,
    SAMPLE_LOG_SD,
    STABLE_SHARE,
    ZERO_IS_BELOW_NG_PER_ML,
    Assay,
    Gauge,
    Reading,
    WholeNumber,
    cadss_sd,
    robust,
)
from limen.kinetics import ConcentrationDraws, typical_concentrations
from limen.quantities import Floats
from limen.regimen import SCALES, Case, Sample, Score
from limen.response.conversion import CROSSWALKS
from limen.response.session import CUFF_SD_MMHG

MIN_PER_H: Final = 60.0
#: Diagnoses whose mood the tables hold.
MOOD_DIAGNOSES: Final = ("MDD", "bipolar")
#: Scales that are a pressure, with the rise that a course holds for them.
RISES: Final = {"systolic_mmhg": "systolic_rise_mmhg", "diastolic_mmhg": "diastolic_rise_mmhg"}


@dataclass(frozen=True, order=True)
class Seen:
    """One observation that can move what is believed.

    Parameters
    ----------
    at_min : float
        Minutes since the first dose.
    what : str
        A scale or an analyte.
    value : float
        In the scale's own unit, or ng/mL.
    below : bool
        True where the value is the limit that a sample lay below.
    times_error : float
        Multiplies the instrument's error.
    """

    at_min: float
    what: str
    value: float
    below: bool = False
    times_error: float = 1.0

    @property
    def is_sample(self) -> bool:
        """True for plasma."""
        return self.what not in SCALES

    def log_chance(self, reading: Reading, value: float | Floats | None = None) -> Floats:
        """Give its log chance, slips allowed, shape ``(draws,)``; `value` stands in for its own."""
        seen = self.value if value is None else value
        if self.below and isinstance(reading, Assay):
            return robust(reading.log_chance_below(seen, self.times_error))
        return robust(reading.log_chance(seen, self.times_error))

    @property
    def says(self) -> str:
        """Name it in a sentence."""
        if self.is_sample:
            sign = "below " if self.below else ""
            return f"The {self.what} of {sign}{self.value:g} ng/mL at {self.at_min:g} min"
        return f"The {self.what} of {self.value:g} at {self.at_min / MIN_PER_H:g} h"


@dataclass(frozen=True)
class Gathered:
    """What a case holds: what is used, in the order of time, and a sentence for everything that is not."""

    used: tuple[Seen, ...]
    unused: tuple[str, ...]


def gathered(case: Case) -> Gathered:
    """Sort the scores, samples and baselines of a case into what moves a belief and what does not."""
    used: list[Seen] = []
    unused: list[str] = []
    for score in (*baselines(case), *case.scores):
        one = Seen(score.at_h * MIN_PER_H, score.scale, score.value)
        why = why_not(case, score)
        if why is None:
            used.append(one)
        elif why:
            unused.append(f"{one.says} is not used: {why}.")
    for sample in case.samples:
        why = why_no_sample(case, sample)
        if why is None:
            used.append(seen_sample(sample))
        else:
            unused.append(f"The sample of {sample.analyte} at {sample.at_min:g} min is not used: {why}.")
    return Gathered(tuple(sorted(used)), tuple(unused))


def baselines(case: Case) -> Iterator[Score]:
    """Yield the scores before the first dose that `baseline` gives on other scales than MADRS, and pressure apart."""
    for scale, value in case.patient.baseline.items():
        if scale != "MADRS" and scale not in RISES:
            yield Score(scale, 0.0, value)


def why_not(case: Case, score: Score) -> str | None:
    """Say why a score moves nothing: None where it does, empty where the case already holds it."""
    if score.scale in RISES:
        return why_no_pressure(score, before_mmhg(case, score.scale))
    if score.scale == "CADSS":
        return None if score.at_h > 0.0 else "no model here tells what is felt before the first dose"
    if score.scale != "MADRS" and score.scale not in CROSSWALKS:
        return "no model here tells what it should be"
    if case.patient.diagnosis not in MOOD_DIAGNOSES:
        return f"no mood outcome is on file for the diagnosis {case.patient.diagnosis}"
    if score.scale == "MADRS" and score.at_h <= 0.0 and "MADRS" in case.patient.baseline:
        baseline = case.patient.baseline["MADRS"]
        return "" if score.value == baseline else f"the baseline of {baseline:g} is taken as it stands"
    return None


def why_no_pressure(score: Score, rest_mmhg: float | None) -> str | None:
    """Say why a pressure moves nothing, beside the one before the first dose; as `why_not`."""
    if rest_mmhg is None:
        return "its value before the first dose is not given"
    if score.at_h > 0.0:
        return None
    return "" if score.value == rest_mmhg else f"the {rest_mmhg:g} before the first dose is taken as it stands"


def before_mmhg(case: Case, scale: str) -> float | None:
    """Give a pressure before the first dose: the baseline, else the last reading before it; None where not known."""
    if scale in case.patient.baseline:
        return case.patient.baseline[scale]
    earlier = [score for score in case.scores if score.scale == scale and score.at_h <= 0.0]
    return max(earlier, key=lambda score: score.at_h).value if earlier else None


def why_no_sample(case: Case, sample: Sample) -> str | None:
    """Say why a sample moves nothing; None where it does."""
    starts = [dose.start_min for dose in case.regimen.active]
    if not starts or sample.at_min <= min(starts):
        return "no drug had been given before it"
    if sample.sampled != "venous":
        return f"it is {sample.sampled}, and this course is computed in venous plasma"
    return None


def seen_sample(sample: Sample) -> Seen:
    """Read a sample; one of 0 is read as below what any assay measures."""
    if sample.value_ng_per_ml:
        return Seen(sample.at_min, sample.analyte, sample.value_ng_per_ml)
    return Seen(sample.at_min, sample.analyte, sample.below_ng_per_ml or ZERO_IS_BELOW_NG_PER_ML, below=True)


@dataclass(frozen=True)
class View:
    """A course at some times: arrays have shape ``(draws,)`` or ``(draws, times)``.

    Parameters
    ----------
    case : Case
        Gives the pressure before the first dose.
    madrs, cadss, systolic_rise_mmhg, diastolic_rise_mmhg : Floats
        As in a course.
    rating_sd : Floats
        SD of one rating, points, shape ``(draws,)``.
    conversion : Mapping[str, Floats]
        Standard normal of each person's lasting error on another scale, shape ``(draws,)``.
    """

    case: Case
    madrs: Floats
    cadss: Floats
    systolic_rise_mmhg: Floats
    diastolic_rise_mmhg: Floats
    rating_sd: Floats
    conversion: Mapping[str, Floats]

    def reading(self, scale: str) -> Reading:
        """Give what an instrument is expected to show, and its error; only for what can be foretold."""
        if scale == "MADRS":
            return WholeNumber(self.madrs, self._along(self.rating_sd), SCALES["MADRS"].high)
        if scale == "CADSS":
            return WholeNumber(self.cadss, cadss_sd(self.cadss), SCALES["CADSS"].high)
        if scale in RISES:
            rise_mmhg: Floats = getattr(self, RISES[scale])
            return Gauge(rise_mmhg + (before_mmhg(self.case, scale) or 0.0), CUFF_SD_MMHG)
        walk = CROSSWALKS[scale]
        lasting = walk.error_sd * np.sqrt(STABLE_SHARE) * self._along(self.conversion[scale])
        expected = walk.from_madrs(np.maximum(self.madrs, 0.0)) + lasting
        return WholeNumber(expected, np.full_like(expected, walk.error_sd * np.sqrt(1.0 - STABLE_SHARE)), walk.most)

    def _along(self, values: Floats) -> Floats:
        return values[:, None] if self.madrs.ndim > 1 else values


def between(values: Floats, time_min: Floats, at_min: float) -> Floats:
    """Read values of shape ``(draws, times)`` at a time, straight between two of the grid, shape ``(draws,)``."""
    after = int(np.clip(np.searchsorted(time_min, at_min), 1, len(time_min) - 1)) if len(time_min) > 1 else 0
    if after == 0:
        return values[:, 0]
    first, last = time_min[after - 1], time_min[after]
    share = float(np.clip((at_min - first) / (last - first), 0.0, 1.0))
    return np.asarray((1.0 - share) * values[:, after - 1] + share * values[:, after])


def view_at(case: Case, course: Course, conversion: Mapping[str, Floats], at_min: float) -> View:
    """Look at a course at one time."""
    fields = ("madrs", "cadss", "systolic_rise_mmhg", "diastolic_rise_mmhg")
    found = {name: between(getattr(course, name), course.time_min, at_min) for name in fields}
    return View(case, **found, rating_sd=course.people.rating_sd, conversion=conversion)


@dataclass(frozen=True)
class Assays:
    """What the samples of a case are expected to be.

    Parameters
    ----------
    case : Case
        The person and the doses.
    samples : tuple of Seen
        Plasma only.
    """

    case: Case
    samples: tuple[Seen, ...]

    @cached_property
    def time_min(self) -> Floats:
        """Minutes of the samples, rising, shape ``(times,)``."""
        return np.unique([one.at_min for one in self.samples])

    @cached_property
    def typical(self) -> Mapping[str, Floats]:
        """The weighted geometric mean over models of each analyte's typical course, shape ``(times,)``."""
        drawn = typical_concentrations(self.case.patient, self.case.regimen, self.time_min)
        found = {}
        for name in dict.fromkeys(name for member in drawn.members for name in member.analytes):
            having = [member for member in drawn.members if name in member.analytes]
            weights = np.array([member.weight for member in having])
            logs = np.log(np.maximum([member.analytes[name][0] for member in having], NONE_NG_PER_ML))
            found[name] = np.exp(weights @ logs / weights.sum())
        return found

    def reading(self, one: Seen, drawn: ConcentrationDraws) -> Assay:
        """Give what one sample is expected to be under every guess, shape ``(draws,)``.

        A model that does not give the analyte says of it what the typical course of the others says, with a wide
        spread.
        """
        column = int(np.searchsorted(self.time_min, one.at_min))
        parts = [self._assay(one.what, member.analytes, member.draws, column) for member in drawn.members]
        return Assay(np.concatenate([part.expected for part in parts]), np.concatenate([p.log_sd for p in parts]))

    def _assay(self, analyte: str, analytes: Mapping[str, Floats], draws: int, column: int) -> Assay:
        if analyte in analytes:
            return Assay(analytes[analyte][:, column], np.full(draws, SAMPLE_LOG_SD))
        usual = self.typical[analyte][column] if analyte in self.typical else NONE_NG_PER_ML
        return Assay(np.full(draws, usual), np.full(draws, float(np.hypot(SAMPLE_LOG_SD, BORROWED_LOG_SD))))


def readings(
    used: tuple[Seen, ...],
    case: Case,
    course: Course | None,
    conversion: Mapping[str, Floats],
    plasma: ConcentrationDraws | None,
) -> Iterator[tuple[Seen, Reading]]:
    """Yield every observation with what every guess would have shown, in the order of time."""
    assays = Assays(case, tuple(one for one in used if one.is_sample))
    for one in used:
        if one.is_sample and plasma is not None:
            yield one, assays.reading(one, plasma)
        elif course is not None and not one.is_sample:
            yield one, view_at(case, course, conversion, one.at_min).reading(one.what)
