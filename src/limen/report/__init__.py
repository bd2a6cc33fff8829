"""Pages: JSON in, one self-contained HTML file out, that needs no network and no server."""

from __future__ import annotations

from limen.report.case import write_case_report
from limen.report.story import write_story

__all__ = ["write_case_report", "write_story"]
