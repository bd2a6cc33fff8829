"""What the design of a trial asks of every virtual trial, as plain columns with one row a trial."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

import numpy as np

from limen.quantities import Floats
from limen.trials.adapting import adapted
from limen.trials.comparing import Comparison, compared
from limen.trials.designs import Endpoint, SampleSize
from limen.trials.observed import SeenArm
from limen.trials.spec import TrialSpec
from limen.trials.telling import traces

#: Sizes of an arm at which power is read (ours: enough for a smooth curve).
SIZES_READ: Final = 24
#: Smallest arm that is tried.
SMALLEST_ARM: Final = 4


def judged(spec: TrialSpec, enrolled: Sequence[SeenArm]) -> dict[str, Floats]:
    """Judge some virtual trials.

    Parameters
    ----------
    spec : TrialSpec
        As the file has it.
    enrolled : sequence of SeenArm
        Every arm with everybody who was enrolled.

    Returns
    -------
    dict of Floats
        By name; shape ``(trials, ...)`` each.
    """
    found = dict(_doses(enrolled))
    if spec.plan.endpoint is not None:
        found |= _endpoint(spec, spec.plan.endpoint, enrolled)
    if spec.plan.question is not None:
        found |= traces(spec, spec.plan.question, enrolled)
    return found


def _doses(enrolled: Sequence[SeenArm]) -> Iterator[tuple[str, Floats]]:
    """Give the share of a guided arm that gets each level at each visit, ``(trials, visits * levels)``."""
    for place, one in enumerate(enrolled):
        if one.given is not None:
            given = one.given[:, : one.arm.n]
            levels = np.arange(len(one.arm.doses))
            shares = (given[..., None] == levels).mean(axis=1)
            yield f"doses_{place}", shares.reshape(len(shares), -1)


def _endpoint(spec: TrialSpec, endpoint: Endpoint, enrolled: Sequence[SeenArm]) -> dict[str, Floats]:
    by_name: Mapping[str, SeenArm] = {one.arm.name: one for one in enrolled}
    arms = [by_name[name] for name in endpoint.arms]
    comparison = compared(spec, arms[0], arms[1] if len(arms) > 1 else None)
    whole = comparison.at(1.0)
    found = {"endpoint": np.stack([whole.estimate, whole.error, comparison.sign * whole.z], axis=1)}
    if spec.plan.stopping is not None:
        fits = [comparison.at(share) for share in spec.plan.stopping.looks]
        found["look_z"] = comparison.sign * np.stack([one.z for one in fits], axis=1)
        found["look_estimate"] = np.stack([one.estimate for one in fits], axis=1)
    if spec.plan.size is not None:
        found["size_z"] = _at_sizes(comparison, spec.plan.size)
    if spec.plan.adaptive is not None:
        found |= adapted(spec, endpoint, spec.plan.adaptive, enrolled)
    return found


def sizes_read(size: SampleSize) -> tuple[int, ...]:
    """Give the sizes of the larger arm at which power is read, rising by equal factors."""
    sizes = np.geomspace(SMALLEST_ARM, size.most_in_arm, SIZES_READ).round().astype(int)
    return tuple(sorted({int(n) for n in sizes}))


def _at_sizes(comparison: Comparison, size: SampleSize) -> Floats:
    largest = max(comparison.planned)
    return comparison.sign * np.stack([comparison.at(n / largest).z for n in sizes_read(size)], axis=1)
