"""Laws of what is believed of one person."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from limen.chain import Joints, course_times, draw_chances
from limen.inference.live import begin, unseen
from limen.inference.particles import PersonModel, alike
from limen.inference.person import by_weight, evidence_in, first_particles
from limen.inference.readings import Gauge
from limen.inference.retold import Retold, columns_needed
from limen.inference.seen import Gathered, Seen
from limen.inference.tempering import effective, family_effective, next_temperature
from limen.inference.weighing import carry
from limen.inference.worth import worth
from limen.quantities import InputError
from limen.regimen import Case, Patient, Regimen, Sample, Score, read_visit
from limen.response.parameters import prior_draws

DRAWS = 60
POPULATION = prior_draws(40, np.random.default_rng(0))
ADULT = Patient(weight_kg=70.0, baseline={"MADRS": 32.0, "systolic_mmhg": 120.0})
TWICE = Regimen(
    tuple(
        read_visit("0.5 mg/kg over 40 min", drug="ketamine", route="iv", patient=ADULT, start_min=day * 1440.0)
        for day in (0.0, 4.0)
    )
)
CASE = Case(ADULT, TWICE, times_h=(24.0, 200.0))
OBSERVED = (
    Score("MADRS", 24.0, 20.0),
    Score("MADRS", 26.5, 18.0),
    Score("CADSS", 0.67, 12.0),
    Score("PHQ-9", 90.0, 11.0),
    Score("systolic_mmhg", 0.5, 140.0),
    Score("CADSS", 96.7, 4.0),
    Sample("ketamine", 42.0, 170.0),
    Sample("norketamine", 180.0, 60.0),
    Sample("S-ketamine", 300.0, below_ng_per_ml=20.0),
)


@settings(max_examples=15, deadline=None)
@given(st.permutations(OBSERVED), st.integers(0, len(OBSERVED)))
def test_the_order_and_grouping_of_observations_change_nothing(order, at_once):
    together = replace(
        CASE,
        scores=tuple(one for one in OBSERVED if isinstance(one, Score)),
        samples=tuple(one for one in OBSERVED if isinstance(one, Sample)),
    )
    evidence = evidence_in(together, population=POPULATION)
    carried = carry(evidence, first_particles(evidence, DRAWS))
    whole = by_weight(evidence, carried, evidence.each(carried.particles, carried.course, carried.samples))
    first = [one for one in order[:at_once] if isinstance(one, Score)]
    begun = replace(
        unseen(together), scores=tuple(first), samples=tuple(one for one in order[:at_once] if isinstance(one, Sample))
    )
    live = begin(begun, population=POPULATION, draws=DRAWS)
    for one in order[at_once:]:
        live = live.see(one)
    np.testing.assert_allclose(live.believed.weights, whole.weights, rtol=1e-7, atol=1e-12)


@settings(max_examples=20, deadline=None)
@given(
    st.sampled_from(["MADRS", "CADSS", "PHQ-9", "systolic_mmhg", "ketamine", "S-norketamine"]),
    st.floats(0.0, 27.0).map(round),
    st.floats(1.0, 180.0),
)
def test_an_observation_of_infinite_error_changes_nothing(what, value, hours):
    evidence = evidence_in(CASE, population=POPULATION)
    blind = Seen(hours * 60.0, what, float(max(value, 1)), times_error=1e12)
    evidence = replace(evidence, found=Gathered((blind,), ()))
    carried = carry(evidence, first_particles(evidence, DRAWS))
    found = by_weight(evidence, carried, evidence.each(carried.particles, carried.course, carried.samples))
    np.testing.assert_allclose(found.weights, 1.0 / DRAWS, rtol=1e-6)


PARTS = ("plasma", "brain", "cadss", "systolic_rise_mmhg", "glutamate", "drug_fall", "other_fall", "madrs")
MOOD = {"drug_fall", "madrs"}
FELT_IN_BRAIN = {"brain", "cadss", "systolic_rise_mmhg", "glutamate", *MOOD}
#: What exactly changes where one side of a joint is switched while others are taken.
BEHIND = [
    ({}, ("J1", "plasma"), FELT_IN_BRAIN),
    ({}, ("J2", "salat"), {"plasma", *FELT_IN_BRAIN}),
    ({}, ("J3", "cut"), {"glutamate"}),
    ({"J4": "glutamate"}, ("J3", "cut"), {"glutamate", *MOOD}),
    ({"J5": "glutamate"}, ("J3", "cut"), {"glutamate", *MOOD}),
    ({}, ("J4", "cut"), MOOD),
    ({}, ("J5", "cut"), MOOD),
    ({}, ("J6", "cut"), {"cadss", *MOOD}),
    ({"J7": "cut"}, ("J6", "cut"), {"cadss"}),
    ({}, ("J7", "cut"), MOOD),
    ({"J6": "cut"}, ("J7", "cut"), set()),
    ({}, ("J8", "cut"), {"other_fall", "madrs"}),
]


def carried_under(joints, case=CASE, until_min=8000.0):
    """The same guesses under some sides of the joints."""
    model = PersonModel(case, POPULATION, Joints(joints))
    particles = model.draw(DRAWS, np.random.default_rng(1))
    return model.course(particles, course_times(CASE.regimen, np.array([2880.0, until_min])))


@pytest.mark.parametrize(("taken", "switched", "behind"), BEHIND)
def test_cutting_a_joint_changes_what_lies_behind_it_and_nothing_else(taken, switched, behind):
    before, after = carried_under(taken), carried_under(dict([*taken.items(), switched]))
    changed = set()
    for name in PARTS:
        one, other = (getattr(course, name) for course in (before, after))
        one, other = (getattr(part, "exposure", part) for part in (one, other))
        if not np.array_equal(one, other):
            changed.add(name)
    assert changed == behind
    np.testing.assert_array_equal(before.concentrations.analyte("ketamine"), after.concentrations.analyte("ketamine"))


def test_nothing_felt_and_no_link_leave_the_same_mood():
    """Joint J7 carries what joint J6 lets through, and nothing beside it."""
    unfelt, unlinked = carried_under({"J6": "cut"}), carried_under({"J7": "cut"})
    np.testing.assert_array_equal(unfelt.drug_fall, unlinked.drug_fall)
    np.testing.assert_array_equal(unfelt.madrs, unlinked.madrs)


def test_the_link_acts_after_something_is_felt_and_never_before():
    """Joint J7 is causal: a session changes nothing before it, and the first one nothing while nothing is felt."""
    once = carried_under({}, replace(CASE, regimen=Regimen(TWICE.visits[:1])))
    twice, unlinked = carried_under({}), carried_under({"J7": "cut"})
    before = twice.time_min <= TWICE.visits[1].start_min
    np.testing.assert_allclose(once.drug_fall[:, before], twice.drug_fall[:, before], rtol=1e-9)
    added = twice.drug_fall - unlinked.drug_fall
    unfelt = np.maximum.accumulate(twice.felt, axis=1) == 0.0
    assert unfelt.any()
    assert np.all(added[unfelt] == 0.0)
    assert np.any(added[~unfelt] != 0.0)


@given(st.integers(0, 10_000))
@settings(max_examples=20, deadline=None)
def test_a_retold_person_is_the_same_person(seed):
    rng = np.random.default_rng(seed)
    some = POPULATION.take(rng.integers(0, len(POPULATION), 5))

    def person(chance):
        return draw_chances(ADULT, some, Joints({}), chance)

    normals = rng.standard_normal((5, columns_needed(person, 5)))
    one, other = person(Retold(normals)), person(Retold(normals))
    np.testing.assert_array_equal(one.sensitivity.cadss_peak, other.sensitivity.cadss_peak)
    moved = normals.copy()
    moved[0] += 0.1
    third = person(Retold(moved))
    np.testing.assert_array_equal(one.people.drug_strength[1:], third.people.drug_strength[1:])
    assert one.people.drug_strength[0] != third.people.drug_strength[0]


def test_a_retold_chance_has_the_distributions_of_a_generator():
    normals = np.random.default_rng(5).standard_normal((50_000, 4))
    retold, plain = Retold(normals), np.random.default_rng(6)
    for ask in (
        lambda rng: rng.standard_normal(50_000),
        lambda rng: rng.random(50_000),
        lambda rng: rng.uniform(2.0, 5.0, 50_000),
        lambda rng: rng.triangular(0.29, 0.53, 0.57, 50_000),
    ):
        one, other = (np.quantile(ask(rng), [0.05, 0.25, 0.5, 0.75, 0.95]) for rng in (retold, plain))
        np.testing.assert_allclose(one, other, atol=0.04)


@pytest.mark.parametrize("name", ["integers", "choice", "lognormal", "beta"])
def test_a_retold_chance_that_cannot_be_told_fails_by_name(name):
    with pytest.raises(InputError, match=name):
        getattr(Retold(np.zeros((3, 4))), name)(3)


@given(st.integers(0, 1000), st.integers(1, 6))
def test_bodies_that_are_alike_are_found_again(seed, copies):
    rng = np.random.default_rng(seed)
    few = rng.standard_normal((7, 5))
    rows = rng.permutation(np.tile(np.arange(7), copies))
    bodies, place = alike(few[rows])
    assert len(bodies) == 7
    np.testing.assert_array_equal(bodies[place], few[rows])


@given(st.integers(0, 1000), st.floats(0.1, 50.0))
def test_a_step_of_the_temperature_leaves_half_of_the_particles_effective(seed, size):
    log_likelihood = -size * np.random.default_rng(seed).standard_normal(200) ** 2
    after = next_temperature(log_likelihood, 0.0)
    assert 0.0 < after <= 1.0
    assert effective(after * log_likelihood) >= 0.49 * 200


def test_copies_count_once_until_they_have_parted():
    rng = np.random.default_rng(2)
    family = np.repeat(np.arange(100), 10)
    alike_values, parted_values = np.repeat(rng.standard_normal(100), 10), rng.standard_normal(1000)
    assert family_effective(alike_values + 1e-9 * parted_values, family) == pytest.approx(100.0, rel=0.01)
    assert family_effective(parted_values, family) > 600.0
    assert family_effective(parted_values, np.arange(1000)) == 1000.0


@given(st.floats(0.2, 3.0))
@settings(max_examples=10, deadline=None)
def test_the_worth_of_a_normal_observation_is_that_of_the_textbook(error):
    rng = np.random.default_rng(4)
    truth = rng.standard_normal(4000)
    weights = np.full(4000, 1.0 / 4000)
    found = worth(Gauge(truth, error), np.stack([truth, rng.standard_normal(4000)], axis=1), weights, rng)
    assert found.share[0] == pytest.approx(1.0 / (1.0 + error**2), abs=0.06)
    assert found.share[1] == pytest.approx(0.0, abs=0.06)
