"""References for contacts: neighbouring pairs of one shank, never across a missing contact, and the common average."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from limen.quantities import ChannelKind, Floats, Floats32, InputError, Recording
from limen.recording.signal_file import SignalFile

#: Kinds whose contacts stand on shanks, strips and grids.
CONTACTS: Final = frozenset({"seeg", "ecog", "lfp"})
#: A contact's name: its shank (letters, a prime for the left side, separators) and its number.
CONTACT: Final = re.compile(
    r"^(?:(?:SEEG|ECOG|LFP|EEG|POL)\s+)?(?P<shank>.*?\D)(?P<number>\d+)(?:-ref)?$", re.IGNORECASE
)
#: A mean of one channel would leave nothing of it.
FEWEST_MEMBERS: Final = 2
#: Ours: a pair this many times farther apart than the usual pair of its shank is no pair of neighbours.
FARTHEST_PAIR: Final = 1.5


@dataclass(frozen=True)
class Bipolar:
    """Differences of neighbouring contacts.

    Parameters
    ----------
    names : tuple of str
        Names of the pairs, such as ``LA1-LA2``.
    kinds : tuple
        Kind of each pair: that of its contacts.
    pairs : tuple
        Places of the two contacts of each pair.
    unpaired : tuple of str
        Contacts that stand in no pair.
    """

    names: tuple[str, ...]
    kinds: tuple[ChannelKind, ...]
    pairs: tuple[tuple[int, int], ...]
    unpaired: tuple[str, ...] = ()

    def apply(self, samples_uv: Floats32) -> Floats32:
        """Take the differences: from shape ``(channels, samples)``, one row for each pair."""
        first, second = (list(side) for side in zip(*self.pairs, strict=True))
        return samples_uv[first] - samples_uv[second]

    def positions_mm(self, positions_mm: Floats) -> Floats:
        """Give the middle of each pair from positions of shape ``(channels, 3)``."""
        first, second = (list(side) for side in zip(*self.pairs, strict=True))
        return (positions_mm[first] + positions_mm[second]) / 2


@dataclass(frozen=True)
class CommonAverage:
    """Every chosen contact less the mean of all of them at that moment; others stay as they are.

    Parameters
    ----------
    names : tuple of str
        Names of all channels.
    kinds : tuple
        Kind of each channel.
    members : tuple of int
        Places of the channels that make the mean.
    """

    names: tuple[str, ...]
    kinds: tuple[ChannelKind, ...]
    members: tuple[int, ...]

    def apply(self, samples_uv: Floats32) -> Floats32:
        """Take the mean off, shape ``(channels, samples)``; a missing channel stays missing and leaves the mean."""
        chosen = samples_uv[list(self.members)]
        present = ~np.isnan(chosen)
        total = np.where(present, chosen, np.float32(0)).sum(axis=0)
        found = samples_uv.copy()
        found[list(self.members)] -= (total / np.maximum(1, present.sum(axis=0))).astype(np.float32)
        return found

    def positions_mm(self, positions_mm: Floats) -> Floats:
        """Give the positions, shape ``(channels, 3)``, which stay what they are."""
        return positions_mm


Montage = Bipolar | CommonAverage


def bipolar(source: Recording | SignalFile) -> Bipolar:
    """Pair every contact with the next of its shank, by number; a missing number leaves a gap.

    With positions, a pair that is much farther apart than usual on its shank (the end of one row of a grid and the
    beginning of the next) is left out too.

    Parameters
    ----------
    source : Recording or SignalFile
        Its contacts are the channels of kind seeg, ecog and lfp.

    Returns
    -------
    Bipolar
        The pairs.

    Raises
    ------
    InputError
        If there is no pair.
    """
    contacts = _contacts(source)
    pairs = []
    for (shank, number), place in contacts.items():
        following = contacts.get((shank, number + 1))
        if following is not None and source.kinds[place] == source.kinds[following]:
            pairs.append((place, following))
    pairs = _near(pairs, {place: shank for (shank, _), place in contacts.items()}, source)
    if not pairs:
        raise InputError(
            f"None of {len(source.names)} channels ({', '.join(source.names[:4])}) stand next to each other on a shank:"
            " a bipolar montage needs contacts of kind seeg, ecog or lfp with names like LA1, LA2."
        )
    paired = {place for pair in pairs for place in pair}
    return Bipolar(
        tuple(f"{source.names[first]}-{source.names[second]}" for first, second in pairs),
        tuple(source.kinds[first] for first, _ in pairs),
        tuple(pairs),
        tuple(source.names[place] for place in contacts.values() if place not in paired),
    )


def common_average(source: Recording | SignalFile, members: Sequence[str] | None = None) -> CommonAverage:
    """Choose the mean of all scalp electrodes, or of all contacts, or of the named `members`, as the reference.

    Raises
    ------
    InputError
        If fewer than two channels make the mean.
    """
    kinds = {"eeg"} if "eeg" in source.kinds else CONTACTS
    chosen = tuple(
        place
        for place, (name, kind) in enumerate(zip(source.names, source.kinds, strict=True))
        if (kind in kinds if members is None else name in members)
    )
    if len(chosen) < FEWEST_MEMBERS:
        raise InputError(f"A common average needs at least two channels, got {len(chosen)}: choose another reference.")
    return CommonAverage(tuple(source.names), tuple(source.kinds), chosen)


def referenced(recording: Recording, montage: Montage) -> Recording:
    """Give the recording in a montage."""
    positions_mm = None if recording.positions_mm is None else montage.positions_mm(recording.positions_mm)
    return replace(
        recording,
        samples_uv=montage.apply(recording.samples_uv),
        names=montage.names,
        kinds=montage.kinds,
        positions_mm=positions_mm,
    )


def _contacts(source: Recording | SignalFile) -> dict[tuple[str, int], int]:
    """Find the contacts by shank and number, in that order."""
    found = {}
    for place, (name, kind) in enumerate(zip(source.names, source.kinds, strict=True)):
        parts = CONTACT.match(name.strip(" ."))
        if kind in CONTACTS and parts:
            found[parts["shank"].strip(" -_").upper(), int(parts["number"])] = place
    return dict(sorted(found.items()))


def _near(
    pairs: list[tuple[int, int]], shanks: Mapping[int, str], source: Recording | SignalFile
) -> list[tuple[int, int]]:
    """Leave out pairs that are much farther apart than the usual one of their shank."""
    positions = source.positions_mm
    if positions is None or not pairs:
        return pairs
    apart_mm = np.array([np.linalg.norm(positions[first] - positions[second]) for first, second in pairs])
    own = np.array([shanks[first] for first, _ in pairs])
    kept = []
    for pair, shank, mm in zip(pairs, own, apart_mm, strict=True):
        known = apart_mm[(own == shank) & np.isfinite(apart_mm)]
        if np.isnan(mm) or mm <= FARTHEST_PAIR * np.median(known):
            kept.append(pair)
    return kept
