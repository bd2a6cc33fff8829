"""How a trial is designed beyond its arms: what it is judged by, who is missed, when it stops, and how large it is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from limen.trials.rules import Rule

#: Two-sided level of a test (the usual one).
LEVEL: Final = 0.05
#: Share of trials that should find a difference that is there (the usual one).
WANTED: Final = 0.8
#: Share of the people after whom an adaptive design looks (ours: half way, the usual one).
HALF_WAY: Final = 0.5
#: Most people in one arm of one trial (ours: above it a day would not be enough).
MOST_IN_ARM: Final = 200_000
#: Largest arm that is tried where a size is looked for (ours: above it few trials of this kind were ever run).
MOST_TRIED: Final = 400

MEASURES: Final = ("change", "response", "remission", "mediation")
ANALYSES: Final = ("t test", "ancova")
HANDLINGS: Final = ("observed", "last", "baseline", "multiple imputation")
SPENDINGS: Final = ("obrien-fleming", "pocock")
ADAPTATIONS: Final = ("drop arms", "sample size", "blinded sample size")


@dataclass(frozen=True)
class Endpoint:
    """What a trial is judged by.

    Parameters
    ----------
    measure : str
        A word of `MEASURES`.
    at_day : float
        One of the trial's times.
    arms : tuple of str
        The first is compared with the second; one arm is enough for ``"mediation"``.
    analysis : str
        A word of `ANALYSES`.
    level : float
        Two-sided level of the test.
    """

    measure: str
    at_day: float
    arms: tuple[str, ...]
    analysis: str = "t test"
    level: float = LEVEL


@dataclass(frozen=True)
class Crossover:
    """Everybody gets both arms, half of the people in each order.

    Parameters
    ----------
    washout_days : float
        From the last dosing day of the first period to the first of the second.
    """

    washout_days: float


@dataclass(frozen=True)
class Guided:
    """A dose that goes up while somebody does not respond.

    Parameters
    ----------
    steps : tuple of str
        The doses after the arm's own, lowest first.
    until : Rule
        The next visit gives the next step unless this holds before it.
    stop_when : Rule or None
        No more doses as soon as this holds before a visit.
    """

    steps: tuple[str, ...]
    until: Rule
    stop_when: Rule | None = None


@dataclass(frozen=True)
class Missing:
    """Who is not seen; nothing here has a published value, so a file says each.

    Parameters
    ----------
    dropout_per_week : float
        Hazard of leaving for good in somebody without change.
    per_point_seen : float
        Log hazard ratio per point that the last seen score lies above the own baseline.
    per_point_unseen : float
        The same for the score that would come next and is not seen: data that are not missing at random.
    missed_visit_fraction : float
        Share of the other visits that are missed by chance.
    handled : str
        A word of `HANDLINGS`.
    """

    dropout_per_week: float
    per_point_seen: float = 0.0
    per_point_unseen: float = 0.0
    missed_visit_fraction: float = 0.0
    handled: str = "observed"


@dataclass(frozen=True)
class Stopping:
    """Looks at the data on the way.

    Parameters
    ----------
    looks : tuple of float
        Share of the people seen at each, rising, the last 1.
    spending : str
        A word of `SPENDINGS`: how the level is spent over the looks.
    futility_z : float or None
        Stop for futility where z in favour of the first arm lies below it; the test stays as it is (non-binding).
    """

    looks: tuple[float, ...]
    spending: str = "obrien-fleming"
    futility_z: float | None = None


@dataclass(frozen=True)
class Adaptive:
    """One change half way.

    Parameters
    ----------
    kind : str
        A word of `ADAPTATIONS`.
    at_fraction : float
        Share of the planned people seen before.
    keep : int
        Arms kept beside the control, for ``"drop arms"``.
    most_n : int
        Most people in an arm, where the size may grow.
    power : float
        Wanted, conditional on the first part or for `difference`.
    difference : float or None
        Planned difference, points, for ``"blinded sample size"``.
    """

    kind: str
    at_fraction: float = HALF_WAY
    keep: int = 1
    most_n: int = 0
    power: float = WANTED
    difference: float | None = None


@dataclass(frozen=True)
class SampleSize:
    """A size that is looked for.

    Parameters
    ----------
    power : float
        Wanted share of trials that find a difference.
    most_in_arm : int
        Largest size tried.
    """

    power: float = WANTED
    most_in_arm: int = MOST_TRIED


@dataclass(frozen=True)
class Scenario:
    """Another truth under which the same design is run.

    Parameters
    ----------
    name : str
        What it is called.
    joints : Mapping[str, str]
        Sides taken beside those of the trial.
    inert : bool
        Every arm is given what the second arm of the endpoint is given: nothing differs.
    """

    name: str
    joints: Mapping[str, str] = field(default_factory=dict)
    inert: bool = False


@dataclass(frozen=True)
class Question:
    """A joint as the endpoint, to tell one side of it from another.

    Parameters
    ----------
    joint, against : str
        The joint, and the side that the trial's own side is told from.
    controls : tuple of str
        Settings to compare; empty is the trial's own.
    people : tuple of int
        Sizes of an arm to compare, rising.
    power : float
        Wanted share of trials that tell the sides apart.
    """

    joint: str
    against: str
    controls: tuple[str, ...] = ()
    people: tuple[int, ...] = ()
    power: float = WANTED


@dataclass(frozen=True)
class Design:
    """All of these; what is None or empty is not part of the trial.

    Parameters
    ----------
    endpoint : Endpoint or None
        Without one nothing below is judged.
    crossover : Crossover or None
        Order of arms within people.
    missing : Missing or None
        Who is not seen.
    stopping : Stopping or None
        Looks on the way.
    adaptive : Adaptive or None
        A change half way.
    size : SampleSize or None
        A size that is looked for.
    scenarios : tuple of Scenario
        Other truths.
    question : Question or None
        A joint as the endpoint.
    """

    endpoint: Endpoint | None = None
    crossover: Crossover | None = None
    missing: Missing | None = None
    stopping: Stopping | None = None
    adaptive: Adaptive | None = None
    size: SampleSize | None = None
    scenarios: tuple[Scenario, ...] = ()
    question: Question | None = None

    @property
    def most_enrolled(self) -> int:
        """Most people that any part of the design may ask for in an arm; 0 where the arms say it all."""
        sizes = [0]
        if self.adaptive is not None:
            sizes.append(self.adaptive.most_n)
        if self.size is not None:
            sizes.append(self.size.most_in_arm)
        if self.question is not None:
            sizes.extend(self.question.people)
        return max(sizes)
