"""Every source that the code or its data names stands in references.bib."""

import re

from house.source import REPOSITORY, SOURCE, python_files

from limen.evidence import baselines, findings, outcomes, reference_for_doi, references, session_and_link

DOI = re.compile(r"10\.\d{4,9}/\w[^\s\"'`,;{}|\]]*")
TABLES = (*outcomes(), *baselines(), *session_and_link(), *findings())


def dois_in(text):
    """DOIs as they are printed, without the point or the bracket that ends a sentence."""
    for found in DOI.findall(text):
        doi = found.rstrip(".:")
        yield doi if doi.count("(") == doi.count(")") else doi.rstrip(")")


def files_with_sources():
    texts = [path for path in SOURCE.rglob("*") if path.suffix in {".toml", ".csv", ".json", ".md", ".html"}]
    yield from (*python_files(), *texts, *(REPOSITORY / "examples").glob("*.toml"))


def test_every_doi_of_the_package_is_in_references_bib():
    known = {one.doi.casefold() for one in references().values()}
    missing = [
        f"{path.relative_to(REPOSITORY)}: {doi}"
        for path in files_with_sources()
        for doi in dois_in(path.read_text(encoding="utf-8"))
        if doi.casefold() not in known
    ]
    assert not missing, "\n".join(missing)


def test_every_identifier_of_the_tables_leads_to_a_source():
    for row in TABLES:
        if row.doi:
            assert reference_for_doi(row.doi).key in references()


def test_no_identifier_is_given_to_two_sources():
    named = [name for one in references().values() for name in one.names]
    assert len(named) == len(set(named))


def test_every_source_says_where_it_is_or_what_is_not_known_of_it():
    for one in references().values():
        assert one.author or one.note, one.key
        assert one.where or one.note, one.key


def test_the_rule_reads_a_doi_with_brackets_and_leaves_the_point_of_a_sentence():
    assert list(dois_in("see 10.1016/S0140-6736(15)00308-6, and (10.1038/mp.2015.83).")) == [
        "10.1016/S0140-6736(15)00308-6",
        "10.1038/mp.2015.83",
    ]
