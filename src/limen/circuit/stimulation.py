"""Stimulation of posteromedial cortex: how often people reported dissociation, and what the circuit does under it.

The stimulation that brought the experience on in people was 50 Hz. In the circuit such a train entrains no rhythm; it
may overdrive the deep cells and silence the others. So both readings stand side by side: the rhythm entrained, and the
output disrupted. Which of them goes with the experience is not known.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from limen.circuit.conditions import PULSE_UA_CM2, Condition, Pulses
from limen.circuit.facts import FOLLOWED
from limen.circuit.mechanisms import MECHANISMS, mechanism
from limen.circuit.readings import BAND_HZ, read
from limen.circuit.running import Run, compiled_there, simulate
from limen.circuit.surface import BLOCKS, SEEDS, STIMULATED_S, STIMULI_MS, surface
from limen.evidence import finding
from limen.quantities import Floats, InputError
from limen.regimen.doses import MOST_MA

#: Least current of the counted stimulations, mA (second-hand: counted at or above it).
LEAST_MA: Final = 6.0
#: Correlation of repeated stimulations in one person (ours: 13 trains in one man tell less than 13 people).
SAME_PERSON: Final = 0.1
#: How many stimulations the published sham rate counts for (ours: its number is not on file).
SHAM_WORTH: Final = 20.0
ONE_MAN: Final = "trains in one man"
#: Current of one pulse of the shipped surface, in the circuit 5 uA/cm2 (ours: nobody knows how the two relate).
SURFACE_MA: Final = 6.0
RATIO_HZ: Final = 0.5  # below this rate of the drug-free circuit a ratio of rates says nothing (ours)
#: Output counts as disrupted where the other pyramidal cells keep less than this share of their rate (ours).
DISRUPTED: Final = 0.5
QUIET: Final = f"the other pyramidal cells fire at less than {RATIO_HZ:g} Hz without it, too little to tell a share of"
NOT_LOCKED: Final = "there are no pulses to follow, or the deep cells are silent"


@dataclass(frozen=True)
class Target:
    """A class of targets, with what was counted there.

    Parameters
    ----------
    name : str
        As the contract says it.
    reports, trials : float
        Reports of dissociation, and stimulations or people.
    counted : str
        What one trial is.
    finding, source : str
        Id of the finding, and key of references.bib.
    """

    name: str
    reports: float
    trials: float
    counted: str
    finding: str
    source: str

    @property
    def beta(self) -> tuple[float, float]:
        """Parameters of the beta distribution of the report probability: even prior, counts thinned within a person."""
        if self.name == "sham":
            rate = finding(self.finding).number()
            return rate * SHAM_WORTH, (1.0 - rate) * SHAM_WORTH
        thinning = 1.0 + (self.trials - 1.0) * SAME_PERSON if self.counted == ONE_MAN else 1.0
        return 1.0 + self.reports / thinning, 1.0 + (self.trials - self.reports) / thinning


TARGETS: Final = (
    Target("anterior precuneus", 9, 9, "people", "stimulation_anterior_precuneus", "lyu_2023"),
    Target("oscillating contact", 11, 13, ONE_MAN, "stimulation_oscillating_contacts", "vesuna_2020"),
    Target("posteromedial elsewhere", 0, 25, "people", "stimulation_posteromedial_null", "foster_parvizi_2017"),
    Target("sham", math.nan, math.nan, "sham trains", "stimulation_sham", "fox_parvizi_2021"),
)


def target_named(name: str) -> Target:
    """Give a class of targets; raises InputError naming all of them where there is none of that name."""
    for one in TARGETS:
        if one.name == name:
            return one
    raise InputError(f"There is no target {name!r}: use one of {', '.join(one.name for one in TARGETS)}.")


def check_stimulus(target: Target, current_ma: float, frequency_hz: float) -> None:
    """Refuse a current or rate that cannot be."""
    least = 0.0 if target.name == "sham" else 1e-9
    if not (math.isfinite(current_ma) and least <= current_ma <= MOST_MA):
        raise InputError(
            f"A current lies above 0 and up to {MOST_MA:g} mA, got {current_ma:g} mA: 6 mA was counted in people."
        )
    Pulses(frequency_hz, width_ms(frequency_hz) if math.isfinite(frequency_hz) and frequency_hz > 0.0 else 1.0)


def width_ms(frequency_hz: float) -> float:
    """Give the pulse width that goes with a rate: 10 ms up to 10 Hz, 1 ms above."""
    return 10.0 if frequency_hz <= 10.0 else 1.0  # noqa: PLR2004 - the table's own widths


def unknown_because(target: Target, current_ma: float, frequency_hz: float) -> str | None:
    """Say why no count on file speaks for a stimulus; None where one does."""
    if target.name == "sham":
        return None
    if current_ma < LEAST_MA:
        return f"the counts on file are at {LEAST_MA:g} mA or more, and {current_ma:g} mA was asked"
    published_hz = finding("stimulation_frequency").number()
    if frequency_hz != published_hz:
        return f"people were stimulated at {published_hz:g} Hz, and {frequency_hz:g} Hz was asked"
    return None


def report_probability(target: Target) -> dict[str, float]:
    """Give the probability that one stimulation there is reported as dissociation: mean and quantiles."""
    from scipy.special import betaincinv  # noqa: PLC0415 - slow to load

    a, b = target.beta
    quantiles = {f"p{100 * q:02.0f}": round(float(betaincinv(a, b, q)), 4) for q in (0.05, 0.5, 0.95)}
    return {"mean": round(a / (a + b), 4), **quantiles}


def draw_reports(target: Target, draws: int, rng: np.random.Generator) -> Floats:
    """Draw whether one stimulation is reported, 1 or 0, each under its own belief of the rate, shape ``(draws,)``."""
    return (rng.random(draws) < rng.beta(*target.beta, size=draws)).astype(np.float64)


def stimulate_answer(target: str, current_ma: float, frequency_hz: float) -> dict[str, Any]:
    """Answer `limen stimulate`.

    Parameters
    ----------
    target : str
        Name of one of `TARGETS`.
    current_ma, frequency_hz : float
        Of the train.

    Returns
    -------
    dict
        As contract section 6 says.

    Raises
    ------
    InputError
        For an unknown target, or a current or rate that cannot be.
    """
    one = target_named(target)
    check_stimulus(one, current_ma, frequency_hz)
    why = unknown_because(one, current_ma, frequency_hz)
    nothing = dict.fromkeys(("mean", "p05", "p50", "p95"))
    return {
        "target_class": one.name,
        "current_ma": current_ma,
        "frequency_hz": frequency_hz,
        "report_probability": report_probability(one) if why is None else nothing | {"unknown_because": why},
        "counts": [_count(each) for each in TARGETS],
        "circuit": circuit_readings(0.0 if one.name == "sham" else current_ma, frequency_hz),
        "sources": sorted({each.source for each in TARGETS} | {"parvizi_2021"}),
        "warnings": [
            "One man and nine people stand behind the positive counts; elsewhere in that cortex 25 felt nothing.",
            "The circuit is a hypothesis; how mA at a contact relate to current through its cells is not known.",
        ],
    }


def _count(one: Target) -> dict[str, Any]:
    known = math.isfinite(one.trials)
    seen = finding(one.finding)
    return {
        "target_class": one.name,
        "reports": one.reports if known else None,
        "trials": one.trials if known else None,
        **({} if known else {"unknown_because": "only a rate is on file", "rate": seen.number()}),
        "of": one.counted,
        "standing": seen.standing,
        "says": seen.says,
        "source": one.source,
    }


def circuit_readings(current_ma: float, frequency_hz: float) -> dict[str, Any]:
    """Give both readings of the drug-free circuit under a train, for A and for B, means over seeds."""
    found = {name: _mechanism(name, current_ma, frequency_hz) for name in MECHANISMS}
    return {
        "rhythm_entrained": {name: one and _entrained(one, frequency_hz) for name, one in found.items()}
        | {"says": "deep cells follow the pulses, one burst each, at a rate where the rhythm lies (1 to 4.5 Hz)"}
        | _why(found),
        "output_disrupted": {name: one and _disrupted(one) for name, one in found.items()}
        | {"says": "the other pyramidal cells lose half of their rate or more while the deep cells are overdriven"}
        | _why(found),
    }


def _why(found: dict[str, dict[str, float] | None]) -> dict[str, str]:
    if all(found.values()):
        return {}
    return {"unknown_because": "this train is not in the shipped table, and running it needs limen[fast]"}


def _mechanism(name: str, current_ma: float, frequency_hz: float) -> dict[str, float] | None:
    """Give the numbers of one mechanism from the table, or from the network where the table has no such train."""
    if current_ma == 0.0:
        return _from_table(name, 0.0)
    if current_ma == SURFACE_MA and frequency_hz in STIMULI_MS:
        return _from_table(name, frequency_hz)
    return _from_network(name, current_ma, frequency_hz) if compiled_there() else None


def _from_table(name: str, stimulus_hz: float) -> dict[str, float]:
    own = slice(MECHANISMS.index(name) * len(SEEDS), (MECHANISMS.index(name) + 1) * len(SEEDS))
    at = BLOCKS.index(0.0)

    def mean(column: str, hz: float) -> float:
        values = surface().curves(column, stimulus_hz=hz)[own, at]
        return float(np.mean(values)) if np.isfinite(values).all() else math.nan

    return {
        "locking": mean("phase_locking", stimulus_hz) if stimulus_hz else math.nan,
        "height_db": mean("deep_db", stimulus_hz),
        "deep_hz": mean("deep_rate_hz", stimulus_hz),
        "other_hz": mean("other_rate_hz", stimulus_hz),
        "deep_free_hz": mean("deep_rate_hz", 0.0),
        "other_free_hz": mean("other_rate_hz", 0.0),
    }


def _from_network(name: str, current_ma: float, frequency_hz: float) -> dict[str, float]:
    free = _from_table(name, 0.0)
    pulses = Pulses(frequency_hz, width_ms(frequency_hz), PULSE_UA_CM2 * current_ma / SURFACE_MA)
    network = mechanism(name).network
    found = [read(simulate(Run(network, Condition(pulses=pulses), STIMULATED_S, seed)), frequency_hz) for seed in SEEDS]
    return free | {
        "locking": float(np.mean([one.locking for one in found])),
        "height_db": float(np.mean([one.deep_db for one in found])),
        "deep_hz": float(np.mean([one.rate_hz("H") for one in found])),
        "other_hz": float(np.mean([one.rate_hz("N") for one in found])),
    }


def _entrained(one: dict[str, float], frequency_hz: float) -> dict[str, Any]:
    in_band = BAND_HZ[0] <= frequency_hz <= BAND_HZ[1]
    followed = bool(math.isfinite(one["locking"]) and one["locking"] >= FOLLOWED and in_band)
    return {
        "yes": followed,
        "phase_locking": _kept(one["locking"]),
        "peak_db": _kept(one["height_db"]),
        **({} if math.isfinite(one["locking"]) else {"unknown_because": NOT_LOCKED}),
    }


def _disrupted(one: dict[str, float]) -> dict[str, Any]:
    told = one["other_free_hz"] >= RATIO_HZ
    share = one["other_hz"] / one["other_free_hz"] if told else math.nan
    overdriven = bool(one["deep_hz"] > 2.0 * one["deep_free_hz"])
    known = told or not overdriven
    return {
        "yes": overdriven and share < DISRUPTED if known else None,
        "deep_rate_hz": _kept(one["deep_hz"]),
        "deep_rate_without_hz": _kept(one["deep_free_hz"]),
        "other_rate_hz": _kept(one["other_hz"]),
        "other_rate_without_hz": _kept(one["other_free_hz"]),
        "other_rate_share": _kept(share),
        **({} if told else {"unknown_because": QUIET}),
    }


def _kept(value: float) -> float | None:
    return round(value, 3) if math.isfinite(value) else None
