"""Chance that can be moved: a generator that tells, in order, the standard normals it was given.

Whoever draws a person, a potency or a body asks a `numpy.random.Generator` for its chance. Handed a `Retold`, the same
code becomes a smooth function of one row of standard normals a person, so that a person can be moved a little and
carried through the whole chain again. No room needs to know that it is being asked so.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import numpy as np
from scipy.special import ndtr

from limen.quantities import Floats, InputError

#: Columns that a rehearsal offers (ours: several times what all draws of one person need).
OFFERED: Final = 256


class Retold(np.random.Generator):
    """Tell the columns of `normals` one after the other.

    Parameters
    ----------
    normals : Floats
        Shape ``(rows, columns)``; each question for `rows` values takes one column.
    """

    def __init__(self, normals: Floats) -> None:
        super().__init__(np.random.PCG64(0))
        self.normals = normals
        self.told = 0

    def _next(self, size: Any) -> Floats:
        """Give the next columns, shape ``(rows,)`` or ``(k, rows)`` as asked."""
        shape = (int(size),) if np.ndim(size) == 0 else tuple(int(one) for one in size)
        many = int(np.prod(shape[:-1])) if len(shape) > 1 else 1
        if shape[-1] != len(self.normals) or self.told + many > self.normals.shape[1]:
            raise InputError(
                f"A retold chance has {self.normals.shape} normals and was asked for {shape} after {self.told}"
                " columns: each question must be for one value a row."
            )
        columns = self.normals[:, self.told : self.told + many].T
        self.told += many
        return columns.reshape(shape)

    def standard_normal(self, size: Any = None, *_: Any, **__: Any) -> Any:
        """Tell standard normals."""
        return self._next(size)

    def random(self, size: Any = None, *_: Any, **__: Any) -> Any:
        """Tell uniforms between 0 and 1."""
        return ndtr(self._next(size))

    def uniform(self, low: Any = 0.0, high: Any = 1.0, size: Any = None) -> Any:
        """Tell uniforms between `low` and `high`."""
        return low + (high - low) * self.random(size)

    def normal(self, loc: Any = 0.0, scale: Any = 1.0, size: Any = None) -> Any:
        """Tell normals of mean `loc` and SD `scale`."""
        return loc + scale * self._next(size)

    def triangular(self, left: Any, mode: Any, right: Any, size: Any = None) -> Any:
        """Tell values of a triangle."""
        share, top = self.random(size), (mode - left) / (right - left)
        rising = left + np.sqrt(share * (right - left) * (mode - left))
        return np.where(share < top, rising, right - np.sqrt((1.0 - share) * (right - left) * (right - mode)))

    def spawn(self, n_children: int) -> list[np.random.Generator]:
        """Give children that go on telling the same columns, in the order in which they are asked."""
        return [self] * n_children


TOLD: Final = ("standard_normal", "random", "uniform", "normal", "triangular")


def _refusing(name: str) -> Callable[..., Any]:
    def refuse(self: Retold, *_: Any, **__: Any) -> Any:
        raise InputError(
            f"A retold chance cannot tell {name!r}, after {self.told} columns: draw it from standard normals or"
            f" uniforms, or teach limen.inference.retold, which tells {', '.join(TOLD)}."
        )

    return refuse


for _name in dir(np.random.Generator):
    if not _name.startswith("_") and _name not in (*TOLD, "bit_generator", "spawn"):
        setattr(Retold, _name, _refusing(_name))


def columns_needed(draw: Callable[[np.random.Generator], object], rows: int) -> int:
    """Count the columns that `draw` asks for, by a rehearsal with `rows` rows of zeros."""
    rehearsal = Retold(np.zeros((rows, OFFERED)))
    draw(rehearsal)
    return rehearsal.told
