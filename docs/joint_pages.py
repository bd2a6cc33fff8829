"""The page of the joints: what is known, what is assumed, what contradicts it, and what hangs on each."""

from __future__ import annotations

from paper_pages import DOCS, name_of, write_page

from limen.evidence import Joint, claims, joints, references

PAGE = DOCS / "explanation" / "joints.md"
#: Taken in by the page of the chain.
TABLE = DOCS / "explanation" / "joint-table.md"


def section(joint: Joint) -> list[str]:
    """Write one joint."""
    default, *others = joint.words
    cited = [f"[{name_of(references()[key])}](../papers/{key}.md)" for key in joint.sources]
    hang = [f"- {claim.id}, {claim.verdict}: {claim.claim}" for claim in claims() if joint.id in claim.joints]
    sides = [f"| `{default}` | default: {joint.verdicts[default]} |"]
    sides += [f"| `{word}` | {'' if word == 'cut' else 'rival: '}{joint.verdicts[word]} |" for word in others]
    return [
        f"## {joint.id}: {joint.arrow}",
        "",
        joint.question,
        "",
        f"What is known: {joint.evidence}",
        "",
        "| side | what it says |",
        "|---|---|",
        *sides,
        "",
        f"Sources: {', '.join(cited)}." if cited else "",
        "",
        *(["Claims that hang on it:", "", *hang, ""] if hang else []),
    ]


def table() -> list[str]:
    """Write the words of all joints, a line each."""
    lines = ["| joint | arrow | default | others |", "|---|---|---|---|"]
    for joint in joints():
        others = ", ".join(f"`{word}`" for word in joint.words[1:])
        lines.append(f"| {joint.id} | {joint.arrow.replace('->', '→')} | `{joint.default}` | {others} |")
    return lines


def write_joint_page() -> None:
    """Write the page and the table where they changed."""
    write_page(TABLE, "\n".join(table()) + "\n")
    lines = [
        "# The joints, one by one",
        "",
        "A joint is a place in the chain where published science disagrees or is silent. The default is the weaker",
        "assumption, a rival is often the more popular story, and a cut takes the arrow out. Set one in a case file",
        "(`[joints]`), in a trial file, or on the story page.",
        "",
    ]
    for joint in joints():
        lines += section(joint)
    write_page(PAGE, "\n".join(lines))
