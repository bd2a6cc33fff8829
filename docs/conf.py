"""How the pages are built: MyST in furo's clothes, the reference from docstrings, sources from the package."""

import sys
import tomllib
from pathlib import Path

DOCS = Path(__file__).parent
sys.path.insert(0, str(DOCS))
SOURCE = DOCS.parent / "src" / "limen"

from joint_pages import write_joint_page  # noqa: E402 - they stand beside this file
from paper_pages import write_page, write_paper_pages  # noqa: E402

project = "Limen"
author = "The Limen authors"
project_copyright = "The Limen authors"
version = release = tomllib.loads((DOCS.parent / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]

extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "sphinx.ext.mathjax",
    "sphinx.ext.napoleon",
    "sphinx_gallery.gen_gallery",
    "sphinxcontrib.bibtex",
]
exclude_patterns = [
    "_build",
    "claims/ladder-skill.md",
    "claims/response-learnt.md",
    "claims/response-fitted.md",
    "explanation/joint-table.md",
    "gallery/*.py",
    "gallery/GALLERY_HEADER.rst",
]
language = "en"

html_theme = "furo"
html_title = "Limen"
html_show_sourcelink = False

myst_enable_extensions = ["colon_fence", "deflist", "dollarmath", "fieldlist"]
myst_heading_anchors = 3

autodoc_member_order = "groupwise"
autodoc_typehints = "signature"
napoleon_google_docstring = False
napoleon_use_rtype = False

bibtex_bibfiles = [str(path) for path in sorted((SOURCE / "evidence" / "data").glob("references.bib"))]
bibtex_default_style = "unsrt"
bibtex_reference_style = "author_year"

sphinx_gallery_conf = {
    "examples_dirs": "gallery",
    "gallery_dirs": "gallery_pages",
    "filename_pattern": r"\.py$",
    "copyfile_regex": "",
    "image_scrapers": ("matplotlib",),
    "reset_modules": (),
    "capture_repr": ("_repr_html_",),
    "abort_on_example_error": True,
    "show_memory": False,
    "show_signature": False,
    "download_all_examples": False,
    "min_reported_time": 1e9,
    "write_computation_times": False,
}


def write_room_pages() -> None:
    """Write one reference page for each room that is there, made of its docstrings."""
    pages = DOCS / "reference" / "rooms"
    pages.mkdir(exist_ok=True)
    rooms = {path.stem for path in SOURCE.glob("[a-z]*.py")} | {
        path.parent.name for path in SOURCE.glob("*/__init__.py")
    }
    for stale in {page.stem for page in pages.glob("*.md")} - rooms:
        (pages / f"{stale}.md").unlink()
    for room in sorted(rooms - {"cli"}):
        text = f"# limen.{room}\n\n```{{eval-rst}}\n.. automodule:: limen.{room}\n   :members:\n```\n"
        write_page(pages / f"{room}.md", text)


write_room_pages()
write_paper_pages()
write_joint_page()
