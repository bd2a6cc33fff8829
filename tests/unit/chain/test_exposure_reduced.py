"""Block of many people, read as it goes by, is the block of the held courses."""

from __future__ import annotations

import numpy as np
import pytest

from limen.chain.exposure_reduced import reduce_exposure
from limen.kinetics import draw_concentrations, fast
from limen.quantities import InputError
from limen.receptor import draw_potency, functional_block, hcn1_block, occupancy
from limen.regimen import Patient, Regimen, read_visit

ADULT = Patient(weight_kg=70.0)
DRIP = Regimen((read_visit("0.5 mg/kg over 40 min", drug="ketamine", route="iv", patient=ADULT),))
MINUTES = np.arange(0.0, 241.0)
DRAWS = 60
ENGINES = ["numpy", pytest.param("numba", marks=pytest.mark.skipif(not fast.available(), reason="needs numba"))]


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("assay", ["in_vivo", "ebert", "salat"])
def test_block_as_it_goes_by_is_the_block_of_the_held_courses(assay: str, engine: str) -> None:
    potency = draw_potency(DRAWS, assay, np.random.default_rng(5))
    found = reduce_exposure(
        ADULT, DRIP, until_min=240.0, draws=DRAWS, rng=np.random.default_rng(2), assay=assay, potency=potency,
        above={"occupancy": 0.1}, engine=engine,
    )  # fmt: skip
    drawn = draw_concentrations(ADULT, DRIP, MINUTES, draws=DRAWS, rng=np.random.default_rng(2))
    first = 0
    for member, kept in zip(drawn.members, found.members, strict=True):
        rows = potency.rows(slice(first, first + member.draws))
        first += member.draws
        courses = {
            "occupancy": occupancy(member.analytes, assay=assay, potency=rows),
            "functional_block": functional_block(member.analytes, fu_unbound=rows.fu_unbound),
            "hcn1_block": hcn1_block(member.analytes, fu_unbound=rows.fu_unbound),
        }
        for name, course in courses.items():
            one = kept.readings[name]
            np.testing.assert_allclose(one.peak, course.max(axis=1), rtol=1e-9)
            np.testing.assert_array_equal(one.peak_at_min, MINUTES[course.argmax(axis=1)])
            np.testing.assert_allclose(one.area, np.trapezoid(course, MINUTES, axis=1), rtol=1e-9)
            assert one.exact_area is None
        assert kept.readings["occupancy"].above_min is not None
        assert kept.readings["hcn1_block"].above_min is None


def test_the_time_above_an_occupancy_falls_with_the_occupancy() -> None:
    times = [
        reduce_exposure(
            ADULT, DRIP, until_min=240.0, draws=DRAWS, rng=np.random.default_rng(2), above={"occupancy": one}
        )
        .reading("occupancy")
        .above_min
        for one in (0.02, 0.1, 0.3, 0.9)
    ]
    means = [float(one.mean()) for one in times if one is not None]
    assert means == sorted(means, reverse=True)
    assert means[-1] == 0.0


def test_potencies_of_another_assay_or_number_are_refused() -> None:
    other = draw_potency(7, "ebert", np.random.default_rng(1))
    for assay in ("ebert", "in_vivo"):
        with pytest.raises(InputError, match="The potencies are 7 of the assay 'ebert'"):
            reduce_exposure(
                ADULT, DRIP, until_min=60.0, draws=10, rng=np.random.default_rng(1), assay=assay, potency=other
            )


def test_a_model_without_the_sum_of_ketamine_gives_no_block() -> None:
    found = reduce_exposure(ADULT, DRIP, until_min=60.0, draws=5, rng=np.random.default_rng(1), model="otto_fanta")
    with pytest.raises(InputError, match="'occupancy'"):
        found.reading("occupancy")
    assert found.reading("S-ketamine").peak.shape == (5,)
