"""Numbers that people published, each with its source and standing; the joints and the claims that hang on them."""

from limen.evidence.answers import cite_answer, evidence_answer
from limen.evidence.claims import VERDICTS, Claim, claims
from limen.evidence.disclaimer import DISCLAIMER
from limen.evidence.files import data_file
from limen.evidence.findings import Finding, finding, findings
from limen.evidence.fitting_tables import (
    BaselineRow,
    OutcomeRow,
    SessionRow,
    baselines,
    outcomes,
    session_and_link,
)
from limen.evidence.joints import Joint, check_joint, joint, joints
from limen.evidence.references import Reference, cite, reference_for_doi, references
from limen.evidence.standing import STANDINGS

__all__ = [
    "DISCLAIMER",
    "STANDINGS",
    "VERDICTS",
    "BaselineRow",
    "Claim",
    "Finding",
    "Joint",
    "OutcomeRow",
    "Reference",
    "SessionRow",
    "baselines",
    "check_joint",
    "cite",
    "cite_answer",
    "claims",
    "data_file",
    "evidence_answer",
    "finding",
    "findings",
    "joint",
    "joints",
    "outcomes",
    "reference_for_doi",
    "references",
    "session_and_link",
]
