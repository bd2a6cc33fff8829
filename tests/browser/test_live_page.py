"""The live screen in a real Chromium: what is stale says so by itself, and nothing shows once it is blank."""

import asyncio
import contextlib
import socket
import threading
import time
from datetime import UTC, datetime

import numpy as np
import pytest
import uvicorn
from centre.small_centre import SmallCentre
from playwright.sync_api import expect

from limen.centre.accounts import sessions, users
from limen.centre.centre import make_centre
from limen.centre.clock import SetClock, SystemClock
from limen.centre.live.asking import model_of
from limen.centre.live.door import LiveDoor
from limen.centre.live.place import folder_of
from limen.centre.live.telling import SIGNAL, Teller, message, signal_body
from limen.centre.web.app import make_app

pytestmark = pytest.mark.browser
NAMES = ["PMC1", "Cz"]
CHANNEL = {"p": 0.97, "hz": 2.5, "verdict": "rhythm", "smallest_visible_nam": 9.0, "name": "PMC1", "kind": "seeg"}
SCALP = {
    "p": 0.1,
    "hz": 2.0,
    "verdict": "not detectable here",
    "smallest_visible_nam": 81.0,
    "name": "Cz",
    "kind": "eeg",
}
FEATURES = {"alpha_db": [1.0, 2.0], "gamma_db": [3.0, 4.0], "slope": [1.1, 1.2], "spectrum_db": [[5] * 45, [6] * 45]}


class Sending:
    """A recorder's voice without its ears: ten frames a second until it is told to be silent."""

    def __init__(self, folder):
        folder.mkdir(exist_ok=True)
        self.teller, self.silent, self.ended = Teller(folder), False, False
        self.teller.hello = {"type": "hello", "names": NAMES, "kinds": ["seeg", "eeg"], "sample_rate_hz": 250.0}
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def run(self):
        seq = 0
        while not self.ended:
            self.teller.welcome()
            if not self.silent:
                seq += 1
                samples = np.sin(np.arange(25) / 10)[None].repeat(2, axis=0).astype(np.float32) * 20
                self.teller.send(message(SIGNAL, signal_body(seq, 25 * seq, time.time(), samples)))
                if seq % 5 == 0:
                    state = {"type": "signal", "connected": True, "channels": [CHANNEL, SCALP], "features": FEATURES}
                    self.teller.tell(state)
            time.sleep(0.1)
        self.teller.close()


@pytest.fixture
def live(tmp_path):
    clock = SetClock(datetime.now(UTC))
    small = SmallCentre(make_centre(tmp_path / "centre", clock=clock), clock)
    _, session, _ = small.running()
    small.record(f"session/{session}", "signal", {"recorder": "test"})
    with small.centre.database.writing() as connection:
        row = users.find(connection, name="nina")
        secret = sessions.begin(connection, row["id"], "nurse", sessions.IN, SystemClock().now().wall)
    small.centre.clock = small.centre.store.clock = small.centre.trail.clock = SystemClock()
    sending = Sending(folder_of(small.centre))
    app = make_app(small.centre)
    app.live = LiveDoor(small.centre)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]

    async def plain(scope, receive, send):
        # A function, since annotations that are checked hide from uvicorn what the object is.
        await app(scope, receive, send)

    server = uvicorn.Server(
        uvicorn.Config(
            plain, port=port, log_level="error", lifespan="off", interface="asgi3", timeout_graceful_shutdown=3
        )
    )
    thread = threading.Thread(target=lambda: asyncio.run(server.serve()), daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.02)
    yield f"http://127.0.0.1:{port}", session, secret, sending
    sending.ended = True
    server.should_exit = True
    with contextlib.suppress(RuntimeError):
        thread.join(timeout=10)
    model_of(small.centre.data).close()
    small.centre.close()


def test_the_screen_lives_goes_grey_says_so_and_can_be_blank(chromium, live):  # noqa: PLR0915 - one long look at one page
    address, session, secret, sending = live
    context = chromium.new_context(viewport={"width": 390, "height": 844})
    cookie = {"name": "__Host-limen", "value": secret, "url": address.replace("http:", "https:"), "secure": True}
    context.add_cookies([cookie])
    page, wrong = context.new_page(), []
    page.on("console", lambda one: wrong.append(one.text) if one.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: wrong.append(error.message))
    page.on("request", lambda one: wrong.append(one.url) if not one.url.startswith((address, "data:")) else None)
    page.goto(f"{address}/sessions/{session}/live")
    expect(page.locator("#link")).to_contain_text("live", timeout=20_000)
    expect(page.locator("#rhythm-now")).to_contain_text("PMC1: rhythm, probability 0.97 at 2.5 Hz", timeout=20_000)
    expect(page.locator("#hidden-here")).to_contain_text("1 channels: not detectable here")
    expect(page.locator("#hidden-here")).to_contain_text("81")
    expect(page.locator("#mgh")).to_have_text("52.5")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.keyboard.press("1")
    expect(page.locator("#entered")).to_have_text("Kept: Eyes closed", timeout=20_000)
    sending.silent = True
    expect(page.locator("#link")).to_contain_text("NO DATA", timeout=5000)
    expect(page.locator("[data-alarm=lost-low]")).to_contain_text("* low", timeout=5000)
    assert page.locator("section.stale[aria-label=Signal]").count() == 1
    expect(page.locator("[data-alarm=lost-medium]")).to_contain_text("** medium", timeout=8000)
    page.keyboard.press("b")
    expect(page.locator("#cover")).to_be_visible()
    assert page.evaluate("document.elementFromPoint(195, 300).closest('#cover') !== null")
    page.keyboard.press("b")
    sending.silent = False
    expect(page.locator("#link")).to_contain_text("live", timeout=10_000)
    expect(page.locator("[data-alarm=lost-medium]")).to_have_count(0)
    assert wrong == []
    what_was_typed_stays_until_the_server_kept_it(page)
    context.close()


def what_was_typed_stays_until_the_server_kept_it(page):
    keys = []
    page.on("request", lambda one: keys.append(one.post_data_json["idem_key"]) if one.method == "POST" else None)
    page.route("**/events", lambda route: route.abort())
    page.fill("#m-score", "12")
    page.press("#m-score", "Enter")
    expect(page.locator("#entered")).to_contain_text("The server does not answer", timeout=5000)
    expect(page.locator("#m-score")).to_have_value("12")
    page.unroute("**/events")
    page.press("#m-score", "Enter")
    expect(page.locator("#entered")).to_have_text("Kept: CADSS 12", timeout=5000)
    expect(page.locator("#m-score")).to_have_value("")
    assert len(keys) == 2
    assert len(set(keys)) == 1
