"""A belief that is carried on one observation at a time, as they come.

The draws of the prior are made once. Each observation then costs one reading of a course that is there already, and
what is believed after the last is what `believe` gives for all of them at once, whatever their order. Where too few
draws carry weight, `settled` does more; that takes seconds and not milliseconds.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from limen.inference.person import WEIGHED_DRAWS, Believed, Progress, by_weight, evidence_in, first_particles, settled
from limen.inference.readings import Reading
from limen.inference.seen import MIN_PER_H, RISES, Assays, Seen, gathered, view_at
from limen.inference.weighing import Carried, Evidence, carry, conversions
from limen.quantities import Floats, InputError
from limen.regimen import Case, Sample, Score, check_score
from limen.response.parameters import Population


@dataclass(frozen=True)
class Live:
    """What is believed so far of one person.

    Parameters
    ----------
    case : Case
        With every observation so far.
    evidence : Evidence
        The same, sorted.
    carried : Carried
        Draws of the prior with their whole course.
    each : tuple of (Seen, Floats)
        Log chance of every observation that is used, shape ``(draws,)``.
    """

    case: Case
    evidence: Evidence
    carried: Carried
    each: tuple[tuple[Seen, Floats], ...] = field(default=())

    def see(self, observation: Score | Sample) -> Live:
        """Take in one more observation.

        Parameters
        ----------
        observation : Score or Sample
            At any time, also before others that were seen already.

        Returns
        -------
        Live

        Raises
        ------
        InputError
            Where it lies beyond the times that the case was begun with.
        """
        case = with_observation(self.case, observation)
        found = gathered(case)
        evidence = replace(self.evidence, model=replace(self.evidence.model, case=case), found=found)
        now = replace(self, case=case, evidence=evidence)
        # A pressure is read against the one at rest, which may have come just now: its chance is never kept.
        known = {one: chance for one, chance in self.each if one.what not in RISES}
        return replace(now, each=tuple((one, known[one] if one in known else now._chance(one)) for one in found.used))

    def foretold(self, observation: Score | Sample) -> Reading | None:
        """Give what an observation would be under every draw; None for one that can move nothing.

        Parameters
        ----------
        observation : Score or Sample
            Its value is not looked at.
        """
        before = gathered(self.case).used
        what = observation.scale if isinstance(observation, Score) else observation.analyte
        new = [one for one in gathered(with_observation(self.case, observation)).used if one not in before]
        its = [one for one in new if (one.what, one.at_min) == (what, minute_of(observation))]
        return self._reading(its[0]) if its else None

    def _chance(self, one: Seen) -> Floats:
        """Give the log chance of one observation, shape ``(draws,)``."""
        return one.log_chance(self._reading(one))

    def _reading(self, one: Seen) -> Reading:
        course, particles = self.carried.course, self.carried.particles
        if not one.is_sample:
            if one.at_min > course.time_min[-1]:
                raise InputError(
                    f"{one.says} lies beyond the {course.time_min[-1] / 60.0:g} h that this belief was begun with: put"
                    " a later time into times_h of [predict]."
                )
            conversion = conversions(self.evidence.model, particles)
            return view_at(self.case, course, conversion, one.at_min).reading(one.what)
        assays = Assays(self.case, (one,))
        drawn = self.evidence.model.concentrations(particles, assays.time_min)
        return assays.reading(one, drawn)

    @property
    def believed(self) -> Believed:
        """What is believed now, by weights alone."""
        return by_weight(self.evidence, self.carried, list(self.each))

    def settled(self, *, tell: Progress | None = None) -> Believed:
        """Give what is believed now, with more done where few draws carry weight."""
        return settled(self.believed, tell=tell)


def minute_of(observation: Score | Sample) -> float:
    """Give when it is made, minutes since the first dose."""
    return observation.at_h * MIN_PER_H if isinstance(observation, Score) else observation.at_min


def with_observation(case: Case, observation: Score | Sample) -> Case:
    """Add an observation to a case; raises InputError for a score that its scale cannot give."""
    if isinstance(observation, Score):
        check_score(observation.scale, observation.value)
        return replace(case, scores=(*case.scores, observation))
    return replace(case, samples=(*case.samples, observation))


def begin(case: Case, *, population: Population | None = None, draws: int = WEIGHED_DRAWS) -> Live:
    """Begin a belief before anything that is to come is seen; what the case holds already is taken in.

    Parameters
    ----------
    case : Case
        The person, what is given, and in `times_h` how far ahead it will be followed.
    population : Population, optional
        Instead of the posterior that ships with the package.
    draws : int
        Of the prior.

    Returns
    -------
    Live

    Raises
    ------
    InputError
        Where the course cannot be computed.
    """
    evidence = evidence_in(case, population=population)
    carried = carry(evidence, first_particles(evidence, draws))
    found = Live(case, evidence, carried)
    each = tuple(evidence.each(carried.particles, carried.course, carried.samples))
    return replace(found, each=each)


def unseen(case: Case) -> Case:
    """Give a case with nothing seen after the baseline."""
    return replace(case, scores=(), samples=())
