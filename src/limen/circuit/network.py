"""A network of the five populations: who reaches whom, and its packing into the flat arrays that the engines read."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final, NamedTuple

import numpy as np

from limen.circuit.cells import POPULATIONS, Cell
from limen.quantities import Floats, InputError, Integers

#: Kinds of synapse, in the order of the rows of the state that hold their conductance.
KINDS: Final = ("ampa", "nmda", "gaba", "slow_gaba", "gabab")


@dataclass(frozen=True)
class Projection:
    """Synapses from one population onto another.

    Parameters
    ----------
    source, target : str
        Words of `POPULATIONS`.
    kind : str
        A word of `KINDS`.
    weight_ms_cm2 : float
        Conductance that a target gets when all its sources fire once.
    delay_ms : float
        From spike to conductance.
    inputs : int
        Synapses of this kind onto each target.
    """

    source: str
    target: str
    kind: str
    weight_ms_cm2: float
    delay_ms: float
    inputs: int


@dataclass(frozen=True)
class Network:
    """A mechanism: its cells and their projections.

    Parameters
    ----------
    name : str
        Such as ``"hcn1"``.
    cells : Mapping[str, Cell]
        One for each of `POPULATIONS`.
    projections : tuple of Projection
        In any order.
    """

    name: str
    cells: Mapping[str, Cell]
    projections: tuple[Projection, ...]

    def __post_init__(self) -> None:
        for name in POPULATIONS:
            if name not in self.cells:
                raise InputError(f"The network {self.name!r} has no population {name}: give its cells.")
        for one in self.projections:
            if one.kind not in KINDS or one.source not in POPULATIONS or one.target not in POPULATIONS:
                raise InputError(f"The projection {one.source} to {one.target} by {one.kind!r} is not known: mend it.")
            if one.kind == "gabab" and one.target != "H":
                raise InputError(
                    f"The projection {one.source} to {one.target} is by 'gabab', and only H has GABA-B receptors here:"
                    " use 'gaba' or 'slow_gaba'."
                )

    @property
    def bounds(self) -> Integers:
        """First cell of each population in the common count, and the end; shape ``(populations + 1,)``."""
        sizes = [int(self.cells[name].size) for name in POPULATIONS]
        return np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)

    def with_cell(self, population: str, **values: float) -> "Network":
        """Give the same network with some values of one population changed."""
        return replace(self, cells={**self.cells, population: replace(self.cells[population], **values)})

    def scaled(self, factor: float, inputs: int | None = None) -> "Network":
        """Give a network of `factor` times the cells, and `inputs` synapses of each projection where stated."""
        cells = {name: replace(cell, size=float(round(cell.size * factor))) for name, cell in self.cells.items()}
        wider = [replace(one, inputs=inputs or one.inputs) for one in self.projections]
        return Network(self.name, cells, tuple(wider))


class Wiring(NamedTuple):
    """All synapses, flat, sorted by projection and source; one row of `about` a projection.

    Attributes
    ----------
    first : Integers
        Where the targets of a source begin, shape ``(projections, cells + 1)``.
    target : Integers
        Shape ``(synapses,)``.
    gain : Floats
        Conductance that one spike adds, shape ``(projections,)``.
    about : Integers
        First source, end of sources, kind and delay in steps, shape ``(projections, 4)``.
    """

    first: Integers
    target: Integers
    gain: Floats
    about: Integers


def wire(network: Network, step_ms: float, rng: np.random.Generator) -> Wiring:
    """Draw who reaches whom: each target has a fixed number of sources of each projection, drawn without repeats.

    Parameters
    ----------
    network : Network
        What to wire.
    step_ms : float
        A delay becomes whole steps, at least one.
    rng : numpy.random.Generator
        The same one gives the same wires.

    Returns
    -------
    Wiring
    """
    bounds, total = network.bounds, int(network.bounds[-1])
    first = np.zeros((len(network.projections), total + 1), dtype=np.int64)
    target, gain, about, base = [], [], [], 0
    for row, one in enumerate(network.projections):
        source, to = POPULATIONS.index(one.source), POPULATIONS.index(one.target)
        inputs = int(min(one.inputs, bounds[source + 1] - bounds[source]))
        from_cell, to_cell = _pairs(bounds, source, to, inputs, rng)
        order = np.argsort(from_cell, kind="stable")
        first[row] = base + np.searchsorted(from_cell[order], np.arange(total + 1))
        target.append(to_cell[order])
        base += len(to_cell)
        gain.append(one.weight_ms_cm2 / inputs)
        about.append([bounds[source], bounds[source + 1], KINDS.index(one.kind), max(1, round(one.delay_ms / step_ms))])
    return Wiring(first, np.concatenate(target), np.array(gain), np.array(about, dtype=np.int64))


def _pairs(bounds: Integers, source: int, to: int, inputs: int, rng: np.random.Generator) -> tuple[Integers, Integers]:
    size, targets = int(bounds[source + 1] - bounds[source]), int(bounds[to + 1] - bounds[to])
    drawn = np.argsort(rng.random((targets, size)), axis=1)[:, :inputs] + bounds[source]
    return drawn.ravel(), np.repeat(np.arange(bounds[to], bounds[to + 1]), inputs)
