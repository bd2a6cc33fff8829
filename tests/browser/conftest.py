"""A real Chromium for pages, with everything that a page asked for and complained about written down."""

import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Error, Page, Request, sync_playwright

CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
QUIET = (
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-gpu",
    "--disable-quic",
    "--disable-sync",
    "--no-first-run",
)


@dataclass
class Visited:
    """A page that was opened, and what it did."""

    page: Page
    requests: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    @property
    def network_requests(self) -> list[str]:
        """What it asked for beyond the file itself and what the file carries."""
        return [url for url in self.requests if not url.startswith(("file:", "data:", "blob:", "about:"))]

    def note_request(self, request: Request) -> None:
        self.requests.append(request.url)

    def note_message(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.complaints.append(f"{message.type}: {message.text}")

    def note_error(self, error: Error) -> None:
        self.complaints.append(f"uncaught: {error.message}")


@pytest.fixture(scope="session")
def chromium_path() -> str:
    """A Chromium on this machine; a browser test without one fails with the command that gets it."""
    candidates = (os.environ.get("LIMEN_CHROMIUM", ""), *CHROMIUM_NAMES)
    found = next(filter(None, map(shutil.which, filter(None, candidates))), None)
    if found is None:
        pytest.fail("The browser tests need Chromium. Run: sudo apt-get install chromium")
    return found


@pytest.fixture(scope="session")
def chromium(chromium_path: str) -> Iterator[Browser]:
    # Chromium refuses its sandbox to root, who runs containers and CI.
    sandbox = () if os.geteuid() else ("--no-sandbox",)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium_path, args=[*QUIET, *sandbox])
        yield browser
        browser.close()


@pytest.fixture
def open_page(chromium: Browser) -> Iterator[Callable[..., Visited]]:
    """Open a file in a fresh profile: ``open_page(path, width=390, height=844, color_scheme="dark")``."""
    contexts = []

    def open_one(target: Path | str, *, width: int = 1280, height: int = 900, color_scheme: str = "light") -> Visited:
        context = chromium.new_context(viewport={"width": width, "height": height}, color_scheme=color_scheme)
        contexts.append(context)
        visited = Visited(context.new_page())
        visited.page.on("request", visited.note_request)
        visited.page.on("console", visited.note_message)
        visited.page.on("pageerror", visited.note_error)
        visited.page.goto(target.resolve().as_uri() if isinstance(target, Path) else target)
        return visited

    yield open_one
    for context in contexts:
        context.close()
