"""One person: draws of the course before anything was seen, and what is left of them after.

First the draws of the prior are weighed by all that was seen. Where too few of them carry weight, particles are led
there by steps (`tempering`), and where copies of the same ancestor are still alike, they go on as Markov chains. The
effective number of draws is stated whatever was done. What is believed hangs on the set of observations alone: not on
their order, nor on how they came in.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from limen.chain import Course, Joints
from limen.inference.laplace import quick_look
from limen.inference.particles import Particles, PersonModel, Way
from limen.inference.seen import Gathered, Seen, gathered
from limen.inference.tempering import chained, parted, tempered
from limen.inference.weighing import Carried, Evidence, carry, conversions
from limen.quantities import Floats, Integers
from limen.regimen import Case, Score
from limen.response.parameters import Population, shipped_posterior

Progress = Callable[[int, int], None]

#: Below this effective number of draws more is done (ours: a mean is then known to a seventeenth of its spread).
FEW_EFFECTIVE: Final = 300.0
#: Draws of the prior that are weighed where something was seen (ours: a quarter of a second).
WEIGHED_DRAWS: Final = 4000
#: Most particles that are led (ours: a move of them takes an eighth of a second).
MOST_PARTICLES: Final = 1200
#: Sweeps after each step of the temperature, and most sweeps as Markov chains (ours).
SWEEPS: Final = 2
MOST_CHAIN_SWEEPS: Final = 16
#: Rows of the population that the quick look climbs from (ours).
LOOKS: Final = 192
#: An observation that guesses give less than this chance on average was hardly expected (ours: ten times a slip).
HARDLY: Final = 1e-3

PRIOR: Final = "prior draws"
WEIGHED: Final = "weighed prior draws"
TEMPERED: Final = "tempered particles"
CHAINED: Final = "Markov chains"
LAPLACE: Final = "peak and curvature"


@dataclass(frozen=True)
class Believed:
    """A course with the weight of each draw.

    Parameters
    ----------
    case : Case
        What was asked.
    evidence : Evidence
        What was seen, and the model of the person.
    carried : Carried
        The draws: who, and what happens to them.
    weights : Floats
        Sum 1, shape ``(draws,)``.
    effective_draws : float
        Independent draws that they are worth.
    how : str
        ``"prior draws"``, ``"weighed prior draws"``, ``"tempered particles"``, ``"Markov chains"`` or ``"peak and
        curvature"``.
    warnings : tuple of str
        What was not used, and why.
    """

    case: Case
    evidence: Evidence
    carried: Carried
    weights: Floats
    effective_draws: float
    how: str
    warnings: tuple[str, ...]

    @property
    def course(self) -> Course:
        """What happens to the draws."""
        return self.carried.course

    @property
    def particles(self) -> Particles:
        """Who the draws are."""
        return self.carried.particles

    @property
    def observed(self) -> bool:
        """True where something that was seen is used."""
        return bool(self.evidence.found.used)

    @property
    def conversion(self) -> Mapping[str, Floats]:
        """Lasting error of every draw on each other scale, standard normal, shape ``(draws,)``."""
        return conversions(self.evidence.model, self.particles)

    def rows(self, draws: int, rng: np.random.Generator) -> Integers:
        """Give `draws` rows in proportion to their weights (systematic resampling)."""
        if np.allclose(self.weights, self.weights[0]) and draws == len(self.weights):
            return np.arange(draws)
        places = (np.arange(draws) + rng.random()) / draws
        return np.searchsorted(np.cumsum(self.weights), places).clip(max=len(self.weights) - 1)

    def mean(self, values: Floats) -> float:
        """Average values of shape ``(draws,)`` by weight."""
        return float(self.weights @ values)

    def model_weights(self) -> dict[str, float]:
        """Give the weight of each kinetic model, or combination of models, of what was given."""
        found: dict[str, float] = {}
        first = 0
        for member in self.course.concentrations.members:
            share = float(self.weights[first : first + member.draws].sum())
            found[member.id] = found.get(member.id, 0.0) + share
            first += member.draws
        return found


def believe(
    case: Case,
    *,
    prior: bool = False,
    population: Population | None = None,
    more_ways: tuple[Way, ...] = (),
    draws: int | None = None,
    tell: Progress | None = None,
) -> Believed:
    """Draw the course of a case and weigh it by what was seen.

    Parameters
    ----------
    case : Case
        The person, the doses, the scores and samples.
    prior : bool
        True ignores every observation.
    population : Population, optional
        Instead of the posterior that ships with the package.
    more_ways : tuple of (drug, route)
        Ways in that will be looked at beside those of the case.
    draws : int, optional
        Instead of ``case.draws``; where something was seen at least 4000 are weighed.
    tell : callable, optional
        Called now and then with the step and the steps in all, where it takes long.

    Returns
    -------
    Believed
        With at least as many draws as asked for, or the particles that are left.

    Raises
    ------
    InputError
        Where the course cannot be computed.
    """
    evidence = evidence_in(case, prior=prior, population=population, more_ways=more_ways)
    asked = case.draws if draws is None else draws
    many = max(asked, WEIGHED_DRAWS) if evidence.found.used else asked
    return settled(weighed(evidence, many), tell=tell)


def evidence_in(
    case: Case, *, prior: bool = False, population: Population | None = None, more_ways: tuple[Way, ...] = ()
) -> Evidence:
    """Gather what was seen in a case beside the model of its person; arguments as for `believe`."""
    posterior = shipped_posterior() if population is None else population
    found = Gathered((), ()) if prior else gathered(case)
    return Evidence(PersonModel(case, posterior, Joints(case.joints), more_ways), found)


def weighed(evidence: Evidence, draws: int) -> Believed:
    """Draw the prior and weigh it by all that was seen."""
    carried = carry(evidence, first_particles(evidence, draws))
    each = evidence.each(carried.particles, carried.course, carried.samples)
    return by_weight(evidence, carried, each)


def first_particles(evidence: Evidence, draws: int) -> Particles:
    """Draw guesses before anything is seen; the seed of the case decides all of them."""
    return evidence.model.draw(draws, np.random.default_rng([evidence.case.seed, draws]))


def by_weight(
    evidence: Evidence, carried: Carried, each: list[tuple[Seen, Floats]], log_ratio: Floats | float = 0.0
) -> Believed:
    """Weigh carried draws by the log chances of what was seen, in the order of time.

    `log_ratio` is the log of how much denser the prior holds each draw than what it was drawn from.
    """
    log_weight = np.zeros(len(carried.particles)) + log_ratio
    for _, log_chance in sorted(each, key=lambda pair: pair[0]):
        log_weight += log_chance
    weights = np.exp(log_weight - log_weight.max())
    weights /= weights.sum()
    effective = float(1.0 / np.sum(weights**2))
    how = WEIGHED if evidence.found.used else PRIOR
    said = (*evidence.found.unused, *hardly_expected(each))
    return Believed(evidence.case, evidence, carried, weights, effective, how, said)


def hardly_expected(each: list[tuple[Seen, Floats]]) -> list[str]:
    """Name the observations that guesses hardly come near."""
    return [
        f"{one.says} was hardly expected of such a person: check the value, its time and the doses."
        for one, log_chance in each
        if float(np.mean(np.exp(log_chance))) < HARDLY
    ]


def settled(believed: Believed, *, tell: Progress | None = None) -> Believed:
    """Do more where too few draws carry weight: tempered particles, then Markov chains."""
    if not believed.observed or believed.effective_draws >= FEW_EFFECTIVE:
        return believed
    led = led_to(believed.evidence, min(len(believed.weights), MOST_PARTICLES), tell=tell)
    few = () if led.effective_draws >= FEW_EFFECTIVE else (few_draws(led),)
    return replace(led, warnings=(*believed.warnings, *few))


def led_to(evidence: Evidence, draws: int, *, tell: Progress | None = None) -> Believed:
    """Lead particles to what was seen, and let them go on as Markov chains where too few are independent."""
    rng = np.random.default_rng([evidence.case.seed, draws, 1])
    cloud, how = tempered(evidence, evidence.model.draw(draws, rng), rng, sweeps=SWEEPS, tell=tell), TEMPERED
    if parted(cloud) < FEW_EFFECTIVE:
        cloud, how = chained(evidence, cloud, rng, wanted=FEW_EFFECTIVE, most=MOST_CHAIN_SWEEPS, tell=tell), CHAINED
    weights = np.full(draws, 1.0 / draws)
    carried = carry(evidence, cloud.particles)
    return Believed(evidence.case, evidence, carried, weights, parted(cloud), how, evidence.found.unused)


def few_draws(believed: Believed) -> str:
    """Say that the draws are worth few independent ones."""
    return (
        f"What was seen is hard to reach: {len(believed.weights)} draws are worth {believed.effective_draws:.0f}"
        " independent ones, so bands are rough. Check the scores and samples."
    )


def was_used(believed: Believed, score: Score) -> bool:
    """Tell whether a score can move what is believed: not the baseline itself, nor one that no model here foretells."""
    wanted = (score.at_h * 60.0, score.scale, score.value)
    return any((one.at_min, one.what, one.value) == wanted for one in believed.evidence.found.used)


def believe_quickly(
    case: Case, *, population: Population | None = None, draws: int | None = None, looks: int = LOOKS
) -> Believed:
    """Believe by the most probable person and the curvature there: MAP with Laplace, mixed over the population.

    Parameters are as for `believe`; `looks` is the number of rows of the population that it climbs from. It holds
    where the posterior of the person has one top; where somebody may feel nothing at all it has two, and `believe` is
    needed.

    Returns
    -------
    Believed
        With the weight of each draw of the peaks.

    Raises
    ------
    InputError
        Where the course cannot be computed.
    """
    evidence = evidence_in(case, population=population)
    asked = case.draws if draws is None else draws
    if not evidence.found.used:
        return weighed(evidence, asked)
    rng = np.random.default_rng([case.seed, asked, 2])
    guesses, log_ratio = quick_look(evidence, looks, rng).draw(asked, rng)
    carried = carry(evidence, guesses)
    each = evidence.each(carried.particles, carried.course, carried.samples)
    return replace(by_weight(evidence, carried, each, log_ratio), how=LAPLACE)
