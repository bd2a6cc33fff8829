"""The centre's pages in a real Chromium: quiet, reachable by keyboard, readable, and a nurse's whole session."""

import io
import re

import numpy as np
import pytest
from axe_playwright_python.sync_playwright import Axe
from centre.faults import answering
from centre.small_centre import MONDAY, TICKS, VITALS, SmallCentre
from PIL import Image

from limen.centre.accounts import sessions, users
from limen.centre.centre import make_centre
from limen.centre.clock import SetClock
from limen.centre.serving import centre_to_serve
from limen.centre.web.app import make_app

pytestmark = pytest.mark.browser
LARGEST_SESSION = 25
#: Grey levels by which a sign differs from what lies under it, of 255.
INK = 60
PUBLIC = ("/", "/article", "/consult", "/intake", "/login")
STAFF = {
    "petra": (
        "/today",
        "/tasks",
        "/patients",
        "/patients/new",
        "/patients/import",
        "/slots",
        "/outbox",
        "/outcomes",
        "/account",
    ),
    "davide": ("/site", "/site/library", "/trials"),
    "axel": ("/audit?verify=yes",),
    "mina": ("/admin",),
}
WIDTHS = (1280, 390)


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    centre = centre_to_serve(tmp_path_factory.mktemp("demo") / "centre", url=None, demo=True)
    with answering(make_app(centre, demo=True)) as address:
        yield address
    centre.close()


class Visit:
    """A page of the centre, with everything that it asked for elsewhere or complained about."""

    def __init__(self, browser, address, *, width=1280, scheme="light", csp=True):
        self.context = browser.new_context(
            viewport={"width": width, "height": 900}, color_scheme=scheme, bypass_csp=not csp
        )
        self.page, self.address, self.wrong, self.actions = self.context.new_page(), address, [], 0
        self.page.on("request", lambda request: self.outside(request.url))
        self.page.on(
            "console", lambda message: self.wrong.append(message.text) if message.type in ("error", "warning") else None
        )
        self.page.on("pageerror", lambda error: self.wrong.append(error.message))

    def outside(self, url):
        if not url.startswith((self.address, "data:")):
            self.wrong.append(url)

    def open(self, path):
        self.page.goto(self.address + path)
        return self.page

    def be(self, user):
        self.open("/login")
        self.page.locator(f"form:has(input[value={user}]) button").first.click()
        self.page.wait_for_load_state()

    def someone(self):
        """The pages of one person and one session."""
        self.open("/patients?find=Brandt")
        person = self.page.locator("table a").first.get_attribute("href")
        self.open("/today")
        running = self.page.locator("tr:has-text('running') a").first.get_attribute("href")
        planned = self.page.locator("tr:has-text('planned') a").first.get_attribute("href")
        task = self.page.locator("a[href^='/tasks/']").first.get_attribute("href")
        return [
            person,
            f"{person}/intake",
            f"{person}/plan",
            f"{person}/outcomes",
            running,
            f"{running}/review",
            planned,
            task,
        ]


def every_page(visit, user):
    """Every page of a role: the fixed ones, and those of a person and a session."""
    if user == "public":
        return list(PUBLIC)
    visit.be(user)
    return [*STAFF[user], *(visit.someone() if user == "petra" else [])]


@pytest.mark.parametrize("width", WIDTHS)
def test_no_page_asks_elsewhere_breaks_its_policy_or_grows_wider_than_the_screen(chromium, demo, width):
    wide = []
    for user in ("public", *STAFF):
        visit = Visit(chromium, demo, width=width)
        for path in every_page(visit, user):
            page = visit.open(path)
            if page.evaluate("document.documentElement.scrollWidth > window.innerWidth"):
                wide.append(path)
            clipped = page.evaluate(
                "[...document.querySelectorAll('label, .unit span')].filter((one) => one.clientWidth &&"
                " one.scrollWidth > one.clientWidth + 1).map((one) => one.textContent)"
            )
            assert not clipped, (path, clipped)
        assert not visit.wrong, (user, visit.wrong)
        visit.context.close()
    assert not wide


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_serious_on_any_page(chromium, demo, scheme):
    found = []
    for user in ("public", *STAFF):
        visit = Visit(chromium, demo, scheme=scheme, csp=False)
        for path in every_page(visit, user):
            visit.open(path)
            violations = Axe().run(visit.page).response["violations"]
            serious = [one for one in violations if one["impact"] in ("serious", "critical")]
            found += [(path, one["id"], one["nodes"][0]["target"]) for one in serious]
        visit.context.close()
    assert not found


def test_the_intake_form_works_without_a_script(chromium, demo):
    context = chromium.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{demo}/intake")
    page.get_by_role("button", name="Begin").click()
    for _ in range(3):
        page.get_by_label("I do not know").check() if page.get_by_label("I do not know").count() else None
        page.get_by_role("button", name="Next").click()
    assert "4 of" in page.locator("p.soft").first.inner_text()
    page.get_by_role("button", name="Back").click()
    assert "3 of" in page.locator("p.soft").first.inner_text()
    context.close()


def test_every_amount_on_every_page_is_written_by_the_one_writer(chromium, demo):
    """A zero before the point and none at the end, wherever a unit of a dose follows."""
    visit = Visit(chromium, demo)
    for path in every_page(visit, "petra"):
        text = visit.open(path).locator("main").inner_text()
        bad = re.findall(r"(?<![\d.,])(?:\d+\.\d*0|\d*\.(?!\d)|\.\d+)\s(?:mg|mL|kg)\b", text)
        assert not bad, (path, bad)
    visit.context.close()


#: As a browser simulates them: no red, no green, no blue, and no colour at all.
BLIND = ("protanopia", "deuteranopia", "tritanopia", "achromatopsia")
PRIORITIES = {"low": "*", "medium": "**", "high": "***"}


def inked(picture):
    """Give over how many columns a picture differs from its own edge."""
    grey = np.asarray(Image.open(io.BytesIO(picture)).convert("L"), dtype=float)
    columns = np.flatnonzero((np.abs(grey - grey[0, 0]) > INK).any(axis=0))
    return int(columns[-1] - columns[0] + 1) if columns.size else 0


def test_alarms_of_each_priority_stay_apart_by_their_stars_however_colours_are_seen(chromium, day):
    small, session, address, secret = day
    small.caller("nina").done(f"/sessions/{session}/pre", {"vitals": VITALS, "weight_kg": "70", **TICKS})
    small.record(f"session/{session}", "start", {"rate_mg_per_h": "52.5"})
    said = {"rule": "R6a", "level": "ALERT", "condition": "c", "seen": "1", "threshold": "1", "unit": "mmHg",
            "advice": "", "source": "s", "standing": "ours", "due": "2026-11-30T12:00:00.000+00:00"}  # fmt: skip
    for name in PRIORITIES:
        small.record(f"session/{session}", "alarm_raised", {"id": name, "priority": name, **said})
    page = signed_in(chromium, address, secret).new_page()
    page.goto(f"{address}/sessions/{session}")
    protocol = page.context.new_cdp_session(page)
    for kind in BLIND:
        protocol.send("Emulation.setEmulatedVisionDeficiency", {"type": kind})
        wide = []
        for name, stars in PRIORITIES.items():
            mark = page.locator(f".alarm.{name} .stars")
            assert mark.inner_text() == stars
            wide.append(inked(mark.screenshot()))
        assert 0 < 1.5 * wide[0] < wide[1] < wide[2] / 1.3, (kind, wide)
    page.context.close()


def signed_in(chromium, address, secret):
    """A browser that carries somebody's session."""
    context = chromium.new_context()
    where = address.replace("http", "https")
    context.add_cookies([{"name": "__Host-limen", "value": secret, "url": where, "secure": True}])
    return context


class Nurse:
    """Somebody who works with the keyboard alone; each value, tick and button counts as one action."""

    def __init__(self, page):
        self.page, self.actions = page, 0

    def focus(self, selector):
        """Move there with the tab key."""
        for _ in range(120):
            if self.page.evaluate("(selector) => document.activeElement.matches(selector)", selector):
                return
            self.page.keyboard.press("Tab")
        raise AssertionError(f"{selector} is not reached by the keyboard")

    def type(self, selector, words):
        self.focus(selector)
        self.page.keyboard.press("ControlOrMeta+a")
        self.page.keyboard.type(words)
        self.actions += 1

    def press(self, selector, key="Enter"):
        self.focus(selector)
        if key == "Space":
            self.page.keyboard.press(key)
        else:
            with self.page.expect_navigation():
                self.page.keyboard.press(key)
        self.actions += 1

    def enter(self):
        with self.page.expect_navigation():
            self.page.keyboard.press("Enter")
        self.actions += 1


@pytest.fixture
def day(tmp_path):
    """A small centre with one person who is booked and planned for today, and a nurse who is signed in."""
    clock = SetClock(MONDAY)
    small = SmallCentre(make_centre(tmp_path / "centre", clock=clock), clock)
    person, session = small.planned(name="Ilse Brandt")
    slot = "slot/north-visit"
    small.record(
        slot,
        "opened",
        {"clinic": "north", "start": "2026-11-30T12:00:00.000+00:00", "minutes": 120, "what": "infusion"},
    )
    small.record(slot, "booked", {"person": person, "what": "infusion"}, person=person)
    with small.centre.database.writing() as connection:
        secret = sessions.begin(connection, users.find(connection, name="nina")["id"], "nurse", sessions.IN, clock.wall)
    with answering(small.app) as address:
        yield small, session, address, secret
    small.centre.close()


def test_a_nurses_whole_session_takes_at_most_25_actions_by_keyboard(chromium, day):
    small, session, address, secret = day
    context = signed_in(chromium, address, secret)
    page = context.new_page()
    page.goto(f"{address}/today")
    nurse = Nurse(page)
    nurse.press("button[value=arrived]")
    nurse.type("#f-vitals", "124/78 72 98")
    nurse.type("#f-weight_kg", "70")
    for name in ("identity", "fasting", "escort", "no_driving", "equipment", "second_person"):
        nurse.press(f"[name={name}]", "Space")
    nurse.press("button.go")
    nurse.press("button.go")
    assert small.state(f"session/{session}")["status"] == "running"
    for words in ("130/80 75 97", "134/82 76 97"):
        small.go(minutes=13)
        nurse.type("#f-vitals", words)
        nurse.enter()
    small.go(minutes=14)
    page.goto(f"{address}/sessions/{session}")
    nurse.press("button.stop")
    small.go(minutes=10)
    nurse.type("#f-vitals", "122/78 70 98")
    nurse.enter()
    for minutes in (14, 14, 14, 14):
        small.go(minutes=minutes)
        page.reload()
    for name in ("oriented", "vitals_near_baseline", "escort", "no_driving_acknowledged"):
        nurse.press(f"[name={name}]", "Space")
    nurse.press("form:has([name=oriented]) button.go")
    state = small.state(f"session/{session}")
    assert state["status"] == "discharged"
    assert nurse.actions <= LARGEST_SESSION, nurse.actions
    context.close()
