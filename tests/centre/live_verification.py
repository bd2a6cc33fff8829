"""`make verify-live` and `make soak`: the limits of the live infusion, measured alone, into docs/claims/live-measured.md."""

import asyncio
import json
import os
import signal
import struct
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import psutil
import websockets
from centre.faults import Served
from centre.live_signals import Running, recorded, whole
from centre.small_centre import SmallCentre
from playwright.sync_api import sync_playwright

from limen import __version__
from limen.centre.accounts import sessions, users
from limen.centre.centre import make_centre
from limen.centre.clock import SetClock, SystemClock
from limen.centre.live.segments import HEADER_BYTES, read_segment, segments

CHANNELS, RATE_HZ, VIEWERS = 32, 250.0, 50
HEAD = struct.Struct("<IId")
UNTIL = """([id, begins, limit]) => new Promise((done) => { const t0 = performance.now();
  const look = setInterval(() => { const box = id === 'alarms' ? document.querySelector('[data-alarm=' + begins + ']') : null;
    const text = document.getElementById(id).textContent;
    if (id === 'alarms' ? box : text.startsWith(begins)) { clearInterval(look); done([(performance.now() - t0) / 1000, (limenLive.age ?? 0) / 1000]); }
    if (performance.now() - t0 > limit) { clearInterval(look); done([-1, -1]); } }, 10); })"""


LOADS, HOUR_S = [], 3600


def load_mid() -> float:
    return LOADS[-1] if LOADS else float("nan")


@dataclass
class ServedLive(Served):
    """`limen serve --stream` as a child, with its children known by their words."""

    environment: dict = field(default_factory=dict)

    def make(self) -> None:
        clock = SetClock(datetime.now(UTC))
        small = SmallCentre(make_centre(self.folder, clock=clock), clock)
        _, self.session, _ = small.running()
        small.record(f"session/{self.session}", "signal", {"recorder": "verification"})
        with small.centre.database.writing() as connection:
            row = users.find(connection, name="nina")
            self.secret = sessions.begin(connection, row["id"], "nurse", sessions.IN, SystemClock().now().wall)
        small.centre.close()

    def start(self) -> float:
        began = time.monotonic()
        words = [sys.executable, "-m", "limen", "serve", "--data", str(self.folder), "--port", str(self.port)]
        self.child = subprocess.Popen([*words, "--stream", "verify"], env=self.environment)  # noqa: S603
        return self._answers(began)

    def named(self, word: str) -> list[psutil.Process]:
        return [one for one in psutil.Process(self.child.pid).children() if any(word in part for part in one.cmdline())]

    @property
    def web(self) -> psutil.Process:
        return self.named("limen.centre.live.web")[0]

    def writer(self) -> psutil.Process:
        waiting = int((self.folder / "live" / "recorder.waiting").read_text())
        return next(one for one in self.named("limen.centre.live.recorder") if one.pid != waiting)


class Table:
    def __init__(self) -> None:
        self.rows = []

    def add(self, what, must, measured, met=True) -> None:  # noqa: FBT002
        word = "met" if met else "**missed**"
        self.rows.append(f"| {what} | {must} | {measured} | {word} |")
        print(self.rows[-1], file=sys.stderr, flush=True)


def memory_mb(process: psutil.Process) -> float:
    return process.memory_info().rss / 1e6


def steady(page, cdp, served, table, seconds: float) -> None:
    """Watch the page, minute by minute."""
    page.evaluate("() => { limenLive.ages.length = 0; }")
    begin = page.evaluate("() => [limenLive.received, limenLive.missed]")
    writer, web = served.writer(), served.web
    began, points = time.monotonic(), []
    cpu = [sum(one.cpu_times()[:2]) for one in (writer, web)]
    while time.monotonic() - began < seconds:
        time.sleep(min(15.0, seconds / 8))
        cdp.send("HeapProfiler.collectGarbage")
        heap = cdp.send("Runtime.getHeapUsage")["usedSize"] / 1e6
        points.append((time.monotonic() - began, memory_mb(writer), memory_mb(web), heap))
    LOADS.append(os.getloadavg()[0])
    lasted = time.monotonic() - began
    received, missed = page.evaluate("() => [limenLive.received, limenLive.missed]")
    ages = np.array(page.evaluate("() => limenLive.ages"))
    shares = [(sum(one.cpu_times()[:2]) - was) / lasted for one, was in zip((writer, web), cpu, strict=True)]
    per_s, p50, p99 = (received - begin[0]) / lasted, *np.percentile(ages, [50, 99])
    span = f"{lasted / 60:.0f} min"
    table.add(
        f"updates, {CHANNELS} channels x 250 Hz, {span}",
        "at least 9.5 a second for 10 min",
        f"{per_s:.2f} a second",
        per_s >= 9.5 and lasted >= 600,
    )
    table.add(
        f"age of a frame when it is there, {span}", "p99 at most 60 ms", f"p50 {p50:.0f}, p99 {p99:.0f} ms", p99 <= 60
    )
    table.add(f"missed frames, {span}", "0", f"{missed - begin[1]}", missed == begin[1])
    grown = [np.polyfit([one[0] for one in points[1:]], [one[k] for one in points[1:]], 1)[0] * 3600 for k in (1, 2, 3)]
    first, last = points[1], points[-1]
    table.add(
        f"memory, {span}: recorder, web, page",
        "RSS +10 MB, heap +5 MB" + (", slopes under 1 MB/h" if lasted >= HOUR_S else " at most"),
        ", ".join(f"{last[k] - first[k]:+.1f}" for k in (1, 2, 3))
        + " MB (slopes "
        + ", ".join(f"{one:+.1f}" for one in grown)
        + " MB/h)",
        last[1] - first[1] <= 10
        and last[2] - first[2] <= 10
        and last[3] - first[3] <= 5
        and (lasted < HOUR_S or max(grown) < 1),
    )
    table.add(f"share of a core, {span}", "-", f"recorder {shares[0]:.2f}, web {shares[1]:.2f}")


async def viewer(served, seconds: float, ages: list, missed: list) -> None:
    headers = {"Cookie": f"__Host-limen={served.secret}", "Origin": f"http://127.0.0.1:{served.port}"}
    address = f"ws://127.0.0.1:{served.port}/sessions/{served.session}/live"
    async with websockets.connect(address, additional_headers=headers, max_size=None) as door:
        began, last = time.monotonic(), None
        while time.monotonic() - began < seconds:
            data = await door.recv()
            if isinstance(data, bytes):
                seq, _, newest = HEAD.unpack_from(data)
                if time.monotonic() - began > 2:
                    ages.append(time.time() - newest)
                    missed.append(0 if last is None else seq - last - 1)
                last = seq


async def viewers(served, seconds: float):
    ages, missed = [], []
    await asyncio.gather(*(viewer(served, seconds, ages, missed) for _ in range(VIEWERS)))
    return np.array(ages) * 1000, sum(missed)


def many(served, table, seconds: float) -> None:
    web = served.web
    before, began = sum(web.cpu_times()[:2]), time.monotonic()
    with ThreadPoolExecutor(1) as aside:  # the browser keeps a loop of its own in this thread
        ages, missed = aside.submit(lambda: asyncio.run(viewers(served, seconds))).result()
    share = (sum(web.cpu_times()[:2]) - before) / (time.monotonic() - began)
    p99 = float(np.percentile(ages, 99))
    table.add(
        f"{VIEWERS} viewers for {seconds:.0f} s",
        "p99 age 150 ms, at most one core",
        f"p50 {np.percentile(ages, 50):.0f}, p99 {p99:.0f} ms, {share:.2f} of a core, {missed} frames dropped for slow viewers",
        p99 <= 150 and share <= 1,
    )


def frozen(page, served, table) -> None:
    web = served.web
    web.send_signal(signal.SIGSTOP)
    _, age = page.evaluate(UNTIL, ["link", "NO DATA", 10000])
    grey = page.evaluate("() => document.querySelector('[aria-label=Signal]').classList.contains('stale')")
    time.sleep(max(0.0, 3 - age))
    web.send_signal(signal.SIGCONT)
    back, _ = page.evaluate(UNTIL, ["link", "live", 20000])
    table.add(
        "server frozen 3 s: NO DATA, greyed, after the last sample",
        "within 1.5 s",
        f"{age:.2f} s, greyed: {'yes' if grey else 'no'}",
        0 < age <= 1.5 and grey,
    )
    table.add("server goes on: live again", "within 2 s", f"{back:.2f} s", 0 < back <= 2)


def cut(page, running, sender, table, folder):
    sender.kill()
    sender.wait()
    began = time.monotonic()
    _, low = page.evaluate(UNTIL, ["alarms", "lost-low", 20000])
    _, medium = page.evaluate(UNTIL, ["alarms", "lost-medium", 20000])
    time.sleep(max(0.0, 10 - (time.monotonic() - began)))
    fresh = running.sender("verify", CHANNELS, RATE_HZ)
    back, _ = page.evaluate(UNTIL, ["link", "live", 60000])
    notes = [one for one in recorded(folder)[1] if one["what"] == "gap"]
    said = [one for one in recorded(folder)[1] if one["what"] != "gap"]
    table.add(
        "sender cut: SIGNAL LOST, low priority, after the last sample", "at 2 s", f"{low:.2f} s", 1.5 <= low <= 2.5
    )
    table.add("sender cut: medium priority, after the last sample", "at 5 s", f"{medium:.2f} s", 4.5 <= medium <= 5.5)
    table.add("sender returns (its start counted in)", "resumed within 5 s", f"{back:.2f} s", 0 < back <= 5)
    table.add(
        "the gap is stated", "yes", f"{len(notes)} gap, {notes[-1]['seconds']:.2f} s" if notes else "no", bool(notes)
    )
    words = ", ".join(f"{one['what']} {one.get('priority', '')} {one['seconds']:.2f} s" for one in said)
    kinds = [one["what"] for one in said]
    table.add("the loss and the return stand in the log", "yes", words, kinds == ["lost", "lost", "back"])
    return fresh


def lost(folder, since: int) -> int:
    """Samples that the ramp says are missing, after one place."""
    blocks, _ = recorded(folder)
    values = whole([one for one in blocks if one.first_sample >= since])[0]
    return int(np.sum((np.diff(values) - 1) % 4096))


def place(folder) -> int:
    return recorded(folder)[0][-1].end


def killed(page, served, table, folder) -> None:
    since = place(folder)
    served.web.kill()
    page.evaluate(UNTIL, ["link", "NO DATA", 20000])
    back, _ = page.evaluate(UNTIL, ["link", "live", 120000])
    table.add(
        "web killed: samples lost by the recorder",
        "0",
        f"{lost(folder, since)} (page live again after {back:.1f} s)",
        lost(folder, since) == 0,
    )
    since, writer = place(folder), served.writer()
    writer.kill()
    time.sleep(6)
    gone = lost(folder, since)
    table.add(
        "recorder killed: signal lost",
        "at most 1.0 s",
        f"{gone / RATE_HZ:.3f} s (the one in waiting went on)",
        gone <= RATE_HZ,
    )


def torn(table, folder) -> None:
    data = segments(folder / "live" / "signal")[-1].read_bytes()
    frames = read_segment(data).frames
    size = sum(HEADER_BYTES + len(one.payload) for one in frames[-2:])
    whole_size = len(data) - read_segment(data).tail_bytes
    bad = sum(
        len(read_segment(data[:end]).frames) < len(frames) - 2 for end in range(whole_size - size, whole_size + 1, 7)
    )
    table.add(
        "log cut in its last two frames (every 7th byte here; every byte in the tests)",
        "readable",
        f"{bad} of {size // 7} unreadable",
        bad == 0,
    )


def page_of(served, browser):
    context = browser.new_context(viewport={"width": 1400, "height": 900})
    address = f"http://127.0.0.1:{served.port}"
    context.add_cookies(
        [{"name": "__Host-limen", "value": served.secret, "url": f"https://127.0.0.1:{served.port}", "secure": True}]
    )
    page = context.new_page()
    page.set_default_timeout(120000)
    page.goto(f"{address}/sessions/{served.session}/live")
    page.evaluate(UNTIL, ["link", "live", 120000])
    return page, context.new_cdp_session(page)


def look_at(page, served) -> None:
    """Leave screenshots in the folder that LIMEN_SHOTS names, to be looked at; nothing without it."""
    if "LIMEN_SHOTS" not in os.environ:
        return
    folder, base = Path(os.environ["LIMEN_SHOTS"]), f"http://127.0.0.1:{served.port}/sessions/{served.session}"
    other = page.context.new_page()
    other.set_default_timeout(120000)
    for width, scheme in ((1400, "light"), (390, "dark")):
        other.set_viewport_size({"width": width, "height": 844})
        other.emulate_media(color_scheme=scheme)
        for name in ("live", "review", "report"):
            other.goto(f"{base}/{name}")
            time.sleep(12)
            other.screenshot(path=folder / f"{name}-{width}.png", full_page=True)
    other.close()


def measured(folder: Path, table: Table, seconds: float, *, faults: bool) -> None:
    running = Running(folder)
    served = ServedLive(folder / "centre", environment=running.environment)
    served.make()
    sender = running.sender("verify", CHANNELS, RATE_HZ)
    try:
        table.add("`limen serve --stream` to its first page", "-", f"{served.start():.1f} s")
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(
                executable_path=os.environ["LIMEN_CHROMIUM"], args=["--no-sandbox", "--disable-gpu"]
            )
            prefer_children()
            page, cdp = page_of(served, browser)
            time.sleep(10)
            look_at(page, served)
            steady(page, cdp, served, table, seconds)
            if faults:
                frozen(page, served, table)
                sender = cut(page, running, sender, table, served.folder)
                many(served, table, min(60.0, seconds))
                killed(page, served, table, served.folder)
                torn(table, served.folder)
            browser.close()
    finally:
        served.end()
        running.end()


def preferred() -> bool:
    """Whether the scheduler was asked, before the start, to put this session before others."""
    file = Path("/proc/self/autogroup")
    return file.exists() and file.read_text().rstrip().endswith("nice -20")


def prefer_children() -> None:
    """Put the browser, which begins a session of its own, where this process was put."""
    if preferred():
        for child in psutil.Process().children(recursive=True):
            Path(f"/proc/{child.pid}/autogroup").write_text("-20")


def main(words) -> None:
    file, seconds, faults = Path(words[0]), float(words[1]), "soak" not in words
    table, load = Table(), os.getloadavg()
    with tempfile.TemporaryDirectory() as folder:
        measured(Path(folder), table, seconds, faults=faults)
    title = "# The live infusion, measured" if faults else "# The live infusion, one hour"
    recipe = "make verify-live" if faults else "make soak"
    how = (
        f"Written by `{recipe}`. Its processes were put before others (scheduler group of their own at nice -20)."
        if preferred()
        else f"Written by `{recipe}`."
    )
    head = (
        f"Version {__version__}, {datetime.now(UTC):%Y-%m-%d}, {os.cpu_count()} cores that other work shares: load"
        f" {load[0]:.1f} before, {load_mid():.1f} at the end of the long watch, {os.getloadavg()[0]:.1f} after."
    )
    lines = [title, "", how, "", head, "", "| what | must | measured | verdict |", "|---|---|---|---|", *table.rows, ""]
    file.write_text("\n".join(lines), encoding="utf-8")
    print(json.dumps({"rows": len(table.rows)}))


if __name__ == "__main__":
    main(sys.argv[1:])
