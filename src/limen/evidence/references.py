"""The sources: a small reader for references.bib, and how each is cited."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import Final

from limen.evidence.files import data_file
from limen.quantities import InputError

_ENTRY: Final = re.compile(r"@(?P<kind>\w+)\{(?P<key>[^,\s]+),(?P<body>.*?)\n\}", re.DOTALL)
_FIELD: Final = re.compile(r"^\s*(?P<name>\w+)\s*=\s*\{(?P<value>.*)\},?\s*$", re.MULTILINE)


@dataclass(frozen=True)
class Reference:
    """One source.

    Parameters
    ----------
    key : str
        Its key in references.bib.
    author, year, published, note : str
        As far as they are known; a title is given in none, because none was copied.
    doi, pmcid, pmid : str
        Where it can be found; empty where not known.
    """

    key: str
    author: str
    year: str
    published: str
    doi: str
    pmcid: str
    pmid: str
    note: str

    @property
    def where(self) -> str:
        """The DOI, else the PMCID, else the PMID, else the place in the journal."""
        return self.doi or self.pmcid or (f"PMID {self.pmid}" if self.pmid else "") or self.published

    @property
    def names(self) -> tuple[str, ...]:
        """Every way in which a table may point here."""
        pmid = f"PMID {self.pmid}" if self.pmid else ""
        return tuple(name for name in (self.doi, self.pmcid, pmid, self.published) if name)

    @property
    def citation(self) -> str:
        """One line to print."""
        who = " ".join(part for part in (self.author, self.year) if part) or self.note
        place = [part for part in (self.published, f"doi:{self.doi}" if self.doi else self.where) if part]
        return ". ".join(dict.fromkeys([who.rstrip("."), *place])) + "."


@cache
def references() -> Mapping[str, Reference]:
    """Give every source of the package, by key, in the order of references.bib."""
    entries = read_bibtex(data_file("references.bib").read_text(encoding="utf-8"))
    return MappingProxyType({key: _reference(key, fields) for key, fields in entries.items()})


def read_bibtex(text: str) -> dict[str, dict[str, str]]:
    """Read the subset of BibTeX that references.bib is written in.

    Parameters
    ----------
    text : str
        Entries ``@kind{key,`` with one ``name = {value},`` a line and ``}`` on a line of its own.

    Returns
    -------
    dict
        Fields by key; the kind under ``"kind"``.

    Raises
    ------
    InputError
        If a key comes twice.
    """
    entries: dict[str, dict[str, str]] = {}
    for entry in _ENTRY.finditer(text):
        if entry["key"] in entries:
            raise InputError(f"references.bib holds the key {entry['key']!r} twice: keep one of them.")
        fields = {field["name"].lower(): field["value"].strip() for field in _FIELD.finditer(entry["body"])}
        entries[entry["key"]] = {"kind": entry["kind"].lower(), **fields}
    return entries


def reference_for_doi(doi: str) -> Reference:
    """Give the source of a DOI, PMCID, PMID or journal reference as the tables write it.

    Parameters
    ----------
    doi : str
        Such as ``"10.1038/mp.2015.83"`` or ``"PMC5098773"``.

    Returns
    -------
    Reference

    Raises
    ------
    InputError
        If references.bib holds none.
    """
    found = _by_name().get(doi.casefold())
    if found is None:
        raise InputError(f"references.bib holds no source for {doi!r}: add an entry, or check the identifier.")
    return found


@cache
def _by_name() -> Mapping[str, Reference]:
    return MappingProxyType({name.casefold(): one for one in references().values() for name in one.names})


def cite(keys: Iterable[str]) -> tuple[str, ...]:
    """Give one printed line for each key, in the order asked for.

    Parameters
    ----------
    keys : Iterable of str
        Keys of references.bib.

    Returns
    -------
    tuple of str

    Raises
    ------
    InputError
        If a key is unknown, naming the nearest.
    """
    return tuple(_known(key).citation for key in keys)


def _known(key: str) -> Reference:
    known = references()
    if key not in known:
        nearest = difflib.get_close_matches(key, known, n=1, cutoff=0.0)[0]
        raise InputError(f"references.bib holds no key {key!r}, the nearest is {nearest!r}: see limen cite.")
    return known[key]


def _reference(key: str, fields: Mapping[str, str]) -> Reference:
    return Reference(
        key=key,
        author=fields.get("author", "").replace(" and others", " et al.").replace(" and ", ", "),
        year=fields.get("year", ""),
        published=fields.get("howpublished", ""),
        doi=fields.get("doi", ""),
        pmcid=fields.get("pmcid", ""),
        pmid=fields.get("pmid", ""),
        note=fields.get("note", ""),
    )
