"""Channel names, kinds and units as files write them, read by stated rules and never in silence."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from difflib import get_close_matches
from itertools import chain, count
from typing import Final

from limen.quantities import ChannelKind, InputError, Site

#: Microvolts in one of each unit; the words are those of EDF, BrainVision and the XDF metadata.
MICROVOLTS: Final = {
    "nv": 1e-3, "nanovolt": 1e-3, "nanovolts": 1e-3,
    "uv": 1.0, "microvolt": 1.0, "microvolts": 1.0,
    "mv": 1e3, "millivolt": 1e3, "millivolts": 1e3,
    "v": 1e6, "volt": 1e6, "volts": 1e6,
}  # fmt: skip

#: The word for values of a converter whose size in volts nobody stated.
COUNTS: Final = "counts"

#: Kinds of channels whose values are voltages.
VOLTAGES: Final = frozenset({"eeg", "seeg", "ecog", "lfp", "eog", "ecg", "emg"})

#: A name that begins or ends so is of that kind (ours; the first rule that fits holds).
NAME_RULES: Final[tuple[tuple[ChannelKind, re.Pattern[str]], ...]] = (
    ("trigger", re.compile(r"^(status|trig\w*|sti ?\d*|stim\w*|marker\w*|events?)$", re.IGNORECASE)),
    ("eog", re.compile(r"^([vh]?eog.*|loc|roc)$", re.IGNORECASE)),
    ("ecg", re.compile(r"^(ecg|ekg).*$", re.IGNORECASE)),
    ("emg", re.compile(r"^emg.*$", re.IGNORECASE)),
    ("movement", re.compile(r"^(mov|acc|gyro).*$", re.IGNORECASE)),
    ("lfp", re.compile(r"^(lfp|dbs|stn).*$", re.IGNORECASE)),
    ("ecog", re.compile(r"^ecog.*$", re.IGNORECASE)),
    ("seeg", re.compile(r"^seeg.*$", re.IGNORECASE)),
    ("misc", re.compile(r"^(a[12]|m[12])-(a[12]|m[12])$", re.IGNORECASE)),
    ("misc", re.compile(r"^(resp|spo2|temp|gsr|ppg|pulse|light|sound)\b.*$", re.IGNORECASE)),
)

#: Words that EDF+ puts before a name to state what it is.
STATED_TYPES: Final[dict[str, ChannelKind]] = {
    "EEG": "eeg", "SEEG": "seeg", "ECOG": "ecog", "LFP": "lfp", "EOG": "eog", "ECG": "ecg", "EKG": "ecg",
    "EMG": "emg", "ACC": "movement", "RESP": "misc", "TEMP": "misc", "SAO2": "misc", "TRIGGER": "trigger",
    "MISC": "misc", "MOVEMENT": "movement",
}  # fmt: skip


def microvolts_in(unit: str) -> float | None:
    """Give the microvolts in one `unit`; None for a word that is no voltage, such as ``"counts"`` or ``"degC"``."""
    word = unit.strip().replace("\u00b5", "u").replace("\u03bc", "u").lower()
    return MICROVOLTS.get(word)


def asked_unit(unit: str) -> float | None:
    """Give the microvolts in a unit that the user stated; None for counts, InputError for any other word."""
    factor = microvolts_in(unit)
    if factor is None and unit.strip().lower() != COUNTS:
        raise InputError(f"A recording cannot be in {unit!r}: its unit is uV, mV, V, nV, or counts where not known.")
    return factor


def bare(name: str) -> str:
    """Give a channel's name without the dots, spaces and type word that files put round it, in lower case."""
    first, _, rest = name.strip().partition(" ")
    inner = rest if rest and first.upper() in STATED_TYPES else name
    return inner.strip(" .").lower()


def kind_in_label(label: str) -> ChannelKind | None:
    """Give the kind that the first word of an EDF+ label states; None where it states none."""
    first, _, rest = label.strip().partition(" ")
    kind = STATED_TYPES.get(first.upper()) if rest else None
    return "misc" if kind == "eeg" and kind_by_name(rest) == "misc" else kind


def kind_by_name(name: str) -> ChannelKind | None:
    """Give the kind that a name alone suggests by NAME_RULES; None where no rule fits."""
    text = name.strip(" .")
    return next((kind for kind, rule in NAME_RULES if rule.match(text)), None)


def settled_kinds(
    names: Sequence[str], stated: Sequence[ChannelKind | None], recorded: Site | None
) -> tuple[tuple[ChannelKind, ...], tuple[str, ...]]:
    """Settle the kind of every channel: as stated, else by its name, else by the site; and say what was assumed."""
    rest: ChannelKind = "lfp" if recorded == "intracranial" else "eeg"
    named = [kind_by_name(name) if kind is None else None for name, kind in zip(names, stated, strict=True)]
    kinds = tuple(kind or by_name or rest for kind, by_name in zip(stated, named, strict=True))
    by_rule = [f"{name} as {kind}" for name, kind in zip(names, named, strict=True) if kind is not None]
    left = [name for name, kind, by_name in zip(names, stated, named, strict=True) if kind is None and by_name is None]
    says = []
    if by_rule:
        says.append(f"Typed by name, since the file does not say: {', '.join(by_rule)}.")
    if left:
        says.append(f"The file does not say what {_some(left)} record: taken as {rest}.")
    return kinds, tuple(says)


def unique_names(names: Sequence[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Give names that come twice a number, and say so."""
    seen = Counter(names)
    result: list[str] = []
    for name in names:
        numbered = (f"{name}-{number}" for number in count(2))
        free = (one for one in chain((name,), numbered) if one not in result and (one == name or one not in seen))
        result.append(next(free))
    twice = [name for name, times in seen.items() if times > 1]
    return tuple(result), (f"Channels of one name are numbered: {', '.join(twice)}.",) if twice else ()


def places_of(asked: Sequence[str], names: Sequence[str], file: str) -> tuple[int, ...]:
    """Find each channel asked for, by its name in the file or its bare name.

    Raises
    ------
    InputError
        If a channel is not there; the sentence names the nearest one.
    """
    if not asked:
        raise InputError(f"No channel of {file} was chosen: name at least one of {_some(list(names))}.")
    known = {bare(name): place for place, name in enumerate(names)} | {n: place for place, n in enumerate(names)}
    return tuple(dict.fromkeys(_place(name, known, names, file) for name in asked))


def _place(name: str, known: dict[str, int], names: Sequence[str], file: str) -> int:
    place = known.get(name, known.get(bare(name)))
    if place is None:
        near = get_close_matches(name, names, n=1, cutoff=0.0)
        raise InputError(f"{file} has no channel {name!r}: the nearest name is {near[0]!r}.")
    return place


def _some(names: list[str], most: int = 4) -> str:
    return ", ".join(names[:most]) + (f" and {len(names) - most} more" if len(names) > most else "")
