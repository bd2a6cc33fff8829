"""A joint as the endpoint: how well a trial of this kind tells one side of it from another.

The same design is run under both sides. What a trial leaves to look at is its trace: for each arm the mean change and
its spread at every time, and for each active arm the slope of change on CADSS with exposure held fixed. Two normal
distributions, one a side, are fitted to the traces of half of the trials, and the other half is judged by its
likelihood ratio, and the other way round: so no trial is judged by what it taught. A trial tells the sides apart where
its ratio lies above that of 95 in 100 trials of the other side. No analysis of these traces does better if they are
normal.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from limen.quantities import Floats, InputError
from limen.trials.designs import Design, Question
from limen.trials.moments import fit, pooled, running
from limen.trials.observed import SeenArm
from limen.trials.spec import Arm, TrialSpec

#: Share of the other side's trials that are taken for this side's (the usual level).
FALSE_ALARMS: Final = 0.05
#: Share of the mean variance that is added to each of the trace's, so that its inverse stands still (ours).
SHRINKAGE: Final = 0.02
#: Fewest trials of a side that can be judged: two to learn from, and two to judge.
LEAST_TRIALS: Final = 4
#: What the control arm is given in each setting; in others it keeps what the file says.
CONTROLS: Final = {
    "saline": ("placebo", "iv", "0 mg"),
    "anaesthesia": ("placebo", "iv", "0 mg"),
    "midazolam": ("midazolam", "iv", "0.045 mg/kg over 40 min"),
    "oral antidepressant + nasal placebo": ("placebo", "intranasal", "0 mg"),
}
#: Column of CADSS in the slope.
OF_CADSS: Final = 1


@dataclass(frozen=True)
class Side:
    """One run of a question.

    Parameters
    ----------
    control : str
        Setting.
    against : bool
        Whether it takes the side that is told from the trial's own.
    spec : TrialSpec
        The trial.
    """

    control: str
    against: bool
    spec: TrialSpec


def sides(spec: TrialSpec, question: Question, own: str) -> Iterator[Side]:
    """Yield the runs of a question: for each control, the trial's own side and the other.

    Parameters
    ----------
    spec : TrialSpec
        The trial.
    question : Question
        The joint.
    own : str
        The side that the trial takes.

    Yields
    ------
    Side

    Raises
    ------
    InputError
        Where both sides are the same.
    """
    if own == question.against:
        raise InputError(
            f"[question]: the trial itself takes {question.joint} = {own!r}: name another side in against, or set the"
            " joint in [joints]."
        )
    plan = Design(missing=spec.plan.missing, question=question)
    for control in question.controls or (spec.setting,):
        arms = tuple(_in_setting(arm, control) for arm in spec.arms)
        for against in (False, True):
            joints = {question.joint: question.against} if against else {}
            yield Side(control, against, replace(spec, arms=arms, plan=plan).under(joints))


def _in_setting(arm: Arm, control: str) -> Arm:
    if arm.active or control == arm.comparator or control not in CONTROLS:
        return replace(arm, comparator=control)
    drug, route, dose = CONTROLS[control]
    return replace(arm, comparator=control, drug=drug, route=route, dose=dose)


def traces(spec: TrialSpec, question: Question, enrolled: Sequence[SeenArm]) -> dict[str, Floats]:
    """Give what each trial leaves to look at, at every size asked for.

    Parameters
    ----------
    spec : TrialSpec
        The trial.
    question : Question
        Gives the sizes.
    enrolled : sequence of SeenArm
        The arms with everybody.

    Returns
    -------
    dict of Floats
        ``trace_N`` for each size N of an arm, shape ``(trials, traits)``.
    """
    return {f"trace_{n}": _trace(spec, [one.first(n) for one in enrolled]) for n in question.people}


def _trace(spec: TrialSpec, arms: Sequence[SeenArm]) -> Floats:
    traits: list[Floats] = []
    for one in arms:
        change = one.filled - one.baseline[:, :, None]
        nobody = np.asarray(np.isnan(change).all(axis=2))
        known = np.where(nobody[:, :, None], 0.0, change)
        traits += [np.where(nobody, np.nan, of(known, axis=2)).mean(axis=0) for of in (np.nanmean, np.nanstd)]
        if one.felt is not None and one.arm.active:
            traits.append(_slopes(spec, one, change))
    return np.concatenate(traits, axis=1)


def _slopes(spec: TrialSpec, seen: SeenArm, change: Floats) -> Floats:
    """Give change per CADSS point at each time, shape ``(trials, times)``; 0 where it cannot be told."""
    felt = np.zeros((*seen.baseline.shape, 2)) if seen.felt is None else seen.felt
    columns = [1.0, felt[..., 1], felt[..., 0], seen.baseline - spec.baseline_mean]
    found = []
    for time in range(change.shape[-1]):
        y = change[..., time]
        known = ~np.isnan(y)
        rows = np.stack([np.broadcast_to(one, y.shape) for one in columns], axis=-1)
        slope = pooled(fit(running(rows, np.where(known, y, 0.0), known)[:, :, -1], OF_CADSS))
        found.append(np.where(np.isfinite(slope.error), slope.estimate, 0.0))
    return np.stack(found, axis=1)


@dataclass(frozen=True)
class Told:
    """How well two sides are told apart.

    Parameters
    ----------
    power : float or None
        Share of trials of this side that lie above 95 in 100 of the other; None where they cannot be judged.
    mc_error : float or None
        Its Monte Carlo standard error.
    area : float or None
        Chance that of a pair of trials, one a side, the right one has the larger ratio; 0.5 is guessing.
    """

    power: float | None
    mc_error: float | None
    area: float | None


#: Where there are too few trials with a trace.
NOT_TOLD: Final = Told(None, None, None)


def told_apart(own: Floats, other: Floats) -> Told:
    """Judge trials of two sides by their traces.

    Parameters
    ----------
    own, other : Floats
        Traces of both sides, shape ``(trials, traits)`` each; a trial with NaN, where nobody was seen, is left out.

    Returns
    -------
    Told
    """
    whole = np.isfinite(own).all(axis=1) & np.isfinite(other).all(axis=1)
    if whole.sum() < LEAST_TRIALS:
        return NOT_TOLD
    own, other = own[whole], other[whole]
    odd = np.arange(len(own)) % 2 == 1
    mine, theirs = np.empty(len(own)), np.empty(len(own))
    for learn, judge in ((odd, ~odd), (~odd, odd)):
        ratio = _Ratio(own[learn], other[learn])
        mine[judge], theirs[judge] = ratio.of(own[judge]), ratio.of(other[judge])
    power = float((mine > np.quantile(theirs, 1.0 - FALSE_ALARMS)).mean())
    ordered = np.sort(theirs)
    below = 0.5 * (np.searchsorted(ordered, mine, side="left") + np.searchsorted(ordered, mine, side="right"))
    area = float(below.mean() / len(theirs))
    return Told(power, _two_errors(mine, theirs, power), area)


def _two_errors(mine: Floats, theirs: Floats, power: float) -> float:
    """Give the error of a share above an edge that is itself estimated: of the share, and of the edge."""
    spread = np.sqrt(FALSE_ALARMS * (1.0 - FALSE_ALARMS) / len(theirs))
    edges = np.quantile(theirs, np.clip([1.0 - FALSE_ALARMS - spread, 1.0 - FALSE_ALARMS + spread], 0.0, 1.0))
    by_edge = 0.5 * float((mine > edges[0]).mean() - (mine > edges[1]).mean())
    return float(np.hypot(np.sqrt(power * (1.0 - power) / len(mine)), by_edge))


class _Ratio:
    """The log likelihood ratio of two normal distributions."""

    def __init__(self, own: Floats, other: Floats) -> None:
        both = np.concatenate([own, other])
        self.scale = np.where(both.std(axis=0) > 0.0, both.std(axis=0), 1.0)
        self.fits = [self._normal(one / self.scale) for one in (own, other)]

    @staticmethod
    def _normal(traces: Floats) -> tuple[Floats, Floats, float]:
        covariance = np.atleast_2d(np.cov(traces, rowvar=False))
        covariance = covariance + SHRINKAGE * np.trace(covariance) / len(covariance) * np.eye(len(covariance))
        return traces.mean(axis=0), np.linalg.inv(covariance), float(np.linalg.slogdet(covariance)[1])

    def of(self, traces: Floats) -> Floats:
        """Give the ratio of each trial, shape ``(trials,)``."""
        logs = []
        for middle, inverse, size in self.fits:
            off = traces / self.scale - middle
            logs.append(-0.5 * (np.einsum("ti,ij,tj->t", off, inverse, off) + size))
        return np.asarray(logs[0] - logs[1])
