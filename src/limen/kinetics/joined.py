"""All that one combination of models says of some people, as one linear system: copies and courses side by side."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from limen.kinetics.courses import named, parent_of
from limen.kinetics.ensemble import Member
from limen.kinetics.linear_system import Body, Given, Inputs, LinearSystem, body, inputs_of, linear_system
from limen.kinetics.model import Copy
from limen.quantities import Floats

Outputs = dict[str, Floats]


@dataclass(frozen=True)
class Part:
    """One member answering for one drug and route, in many people.

    Parameters
    ----------
    member : Member
        The model, with its link and way in.
    doses : tuple of Given
        As the model sees them.
    parameters : Mapping[str, Floats]
        Shape ``(people,)`` each.
    covariates : Mapping[str, float]
        Of all of them.
    wanted : tuple of str
        Analytes by the names of the model file.
    """

    member: Member
    doses: tuple[Given, ...]
    parameters: Mapping[str, Floats]
    covariates: Mapping[str, float]
    wanted: tuple[str, ...]

    def body(self, copy: Copy, rows: slice, after_h: float = 0.0) -> Body:
        """Put one copy of the model into some of the people."""
        chosen = {name: values[rows] for name, values in self.parameters.items()}
        return body(self.member.model, copy, chosen, self.covariates, after_h)

    def system(self, living: Body) -> LinearSystem:
        """Build the linear system of a body."""
        return linear_system(living, self.wanted, frozenset(dose.route for dose in self.doses))


def joined(parts: tuple[Part, ...], rows: slice) -> tuple[LinearSystem, Inputs]:
    """Put the copies of every part beside each other.

    Parameters
    ----------
    parts : tuple of Part
        One a drug and route.
    rows : slice
        Which people.

    Returns
    -------
    tuple of LinearSystem and Inputs
        Outputs are the analytes that every part gives, enantiomers and their sums.
    """
    systems, inputs, owners, names = [], [], [], []
    for index, part in enumerate(parts):
        for copy in part.member.model.copies:
            living = part.body(copy, rows)
            system = part.system(living)
            systems.append(system)
            inputs.append(inputs_of(living, system, part.doses))
            owners.append(index)
            names.append({one: named(one, copy) for one in system.outputs})
    widths = [len(system.states) for system in systems]
    firsts = [0, *np.cumsum(widths).tolist()]
    found: list[Outputs] = [{} for _ in parts]
    for system, owner, first, called in zip(systems, owners, firsts, names, strict=False):
        for name, weights in system.outputs.items():
            found[owner][called[name]] = _placed(weights, first, firsts[-1])
    outputs = _together([with_sums(part, part_of.member) for part, part_of in zip(found, parts, strict=True)])
    states = tuple(name for system in systems for name in system.states)
    return LinearSystem(states, _beside(systems, firsts), outputs), _all_inputs(inputs, firsts)


def _placed(weights: Floats, first: int, width: int) -> Floats:
    wide = np.zeros((len(weights), width))
    wide[:, first : first + weights.shape[1]] = weights
    return wide


def with_sums(found: Outputs, member: Member) -> Outputs:
    """Add R where esketamine holds none of it, and the sums where both enantiomers are known.

    It serves courses and the weights that read them alike: both are linear in what is there.

    Parameters
    ----------
    found : dict of str to Floats
        Any one shape.
    member : Member
        Whose drug counts.

    Returns
    -------
    dict of str to Floats
    """
    full = dict(found)
    if member.drug == "esketamine":
        full |= {f"R-{parent_of(name)}": np.zeros_like(values) for name, values in found.items()}
    for name in [name for name in full if name.startswith("R-")]:
        parent = parent_of(name)
        full[parent] = full[f"S-{parent}"] + full[name]
    return full


def _together(parts: list[Outputs]) -> Outputs:
    """Sum what all parts give; what one of them lacks is not known."""
    names = [name for name in parts[0] if all(name in part for part in parts)]
    return {name: np.sum([part[name] for part in parts], axis=0) for name in names}


def _beside(systems: list[LinearSystem], firsts: list[int]) -> Floats:
    rates = np.zeros((systems[0].people, firsts[-1], firsts[-1]))
    for system, first in zip(systems, firsts, strict=False):
        rows = slice(first, first + len(system.states))
        rates[:, rows, rows] = system.rates
    return rates


def _all_inputs(inputs: list[Inputs], firsts: list[int]) -> Inputs:
    return Inputs(
        np.concatenate([one.state + first for one, first in zip(inputs, firsts, strict=False)]),
        np.concatenate([one.amount_mg for one in inputs], axis=1),
        np.concatenate([one.duration_min for one in inputs], axis=1),
        np.concatenate([one.start_min for one in inputs]),
    )
