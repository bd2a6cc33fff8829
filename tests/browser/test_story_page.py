"""The story page and the page of one case, in a real Chromium, made from invented numbers of the right shape."""

import re

import pytest
from browser.story_mock import DISCLAIMER, case, story

from limen.report import write_case_report, write_story

pytestmark = pytest.mark.browser

NOT_SEPARATED = "the data do not separate these"
PHONE = {"width": 390, "height": 844}
LARGEST_PAGE_BYTES = 2_000_000
# WCAG 2.1 AA: ordinary text, and large text (24 px, or 18.66 px and bold).
WORST_TEXT_CONTRAST = """
() => {
  const channel = (value) => (value <= 0.03928 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4);
  const light = ([r, g, b]) => 0.2126 * channel(r / 255) + 0.7152 * channel(g / 255) + 0.0722 * channel(b / 255);
  const read = (text) => (text.match(/[\\d.]+/g) ?? [0, 0, 0, 0]).map(Number);
  const behind = (node) => {
    for (let at = node; at; at = at.parentElement) {
      const colour = read(getComputedStyle(at).backgroundColor);
      if (colour.length === 3 || colour[3] === 1) return colour;
    }
    return [255, 255, 255];
  };
  const worst = { ratio: 99, text: "" };
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  let looked = 0;
  while (walker.nextNode()) {
    const node = walker.currentNode.parentElement;
    const text = walker.currentNode.textContent.trim();
    const inSvg = node instanceof SVGElement;
    if (!text || !node.getClientRects().length || node.closest(":disabled, script, style, .pale")) continue;
    if (inSvg && node.closest(".selected")) continue;
    const style = getComputedStyle(node);
    const size = parseFloat(style.fontSize);
    const large = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
    const inBox = inSvg && node.closest(".box");
    const back = inBox ? read(getComputedStyle(inBox.querySelector("rect")).fill) : behind(node);
    const [a, b] = [light(read(inSvg ? style.fill : style.color)), light(back)].sort((x, y) => y - x);
    const ratio = ((a + 0.05) / (b + 0.05)) * (large ? 1.5 : 1);
    looked += 1;
    if (ratio < worst.ratio) Object.assign(worst, { ratio, text });
  }
  return { ...worst, looked };
}
"""


@pytest.fixture(scope="module")
def story_file(tmp_path_factory):
    return write_story(story(), tmp_path_factory.mktemp("story") / "story.html")


@pytest.fixture(scope="module")
def case_file(tmp_path_factory):
    return write_case_report(case(), tmp_path_factory.mktemp("case") / "case.html")


@pytest.fixture
def opened(open_page, story_file):
    """The story page on a wide screen, ready."""
    return ready(open_page(story_file))


def ready(visited):
    visited.page.wait_for_selector("html[data-ready]")
    return visited


def settled(page):
    """Wait until the curves have come to rest."""
    page.wait_for_timeout(450)


def curve(page, panel, tone="drug"):
    return page.locator(f"#{panel}-chart path.line.tone-{tone}:not(.ghost)").first.get_attribute("d")


def set_slider(page, name, index):
    page.locator(f"#{name}").fill(str(index))
    settled(page)


def choose(page, joint, word):
    page.locator(f'[data-joint="{joint}"][role="button"]').click()
    page.locator(f'input[name="{joint}"][value="{word}"]').check()
    settled(page)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("kind", ["story", "case"])
def test_a_page_asks_nothing_of_the_network_and_complains_of_nothing(request, open_page, kind, scheme):
    visited = ready(open_page(request.getfixturevalue(f"{kind}_file"), color_scheme=scheme))
    visited.page.mouse.wheel(0, 20_000)
    settled(visited.page)
    assert visited.network_requests == []
    assert visited.complaints == []


def test_a_story_of_full_size_stays_under_two_megabytes(story_file):
    assert story_file.stat().st_size < LARGEST_PAGE_BYTES


def test_the_disclaimer_stands_word_for_word_where_the_page_opens(opened):
    note = opened.page.locator(".masthead .disclaimer")
    assert note.inner_text() == DISCLAIMER
    assert note.is_visible()


def test_every_title_of_the_infusion_is_a_finding_from_the_data(opened):
    titles = {name: opened.page.inner_text(f"#{name}-title") for name in ("pump", "concentration", "occupancy", "mood")}
    data = story()
    peak = max(data["cells"]["4,1"]["concentration"]["typical"])
    assert titles["pump"] == "The pump gives 35 mg in 40 minutes"
    assert titles["concentration"].startswith("Blood level peaks when the pump stops, near ")
    assert abs(float(re.search(r"near (\d+)", titles["concentration"])[1]) - peak) <= 2.5
    assert "of NMDA receptors" in titles["occupancy"]
    assert f"{data['cells']['4,1']['mood']['default']['difference']['mean'][0]:.1f} points" in titles["mood"]


@pytest.mark.parametrize("slider", ["dose", "minutes"])
def test_a_slider_moves_every_curve_and_the_sentence(opened, slider):
    page = opened.page
    panels = {"concentration": "drug", "occupancy": "block", "dissociation": "felt"}
    if slider == "dose":
        panels["mood"] = "drug"
    before = {panel: curve(page, panel, tone) for panel, tone in panels.items()}
    sentence = page.inner_text("#state-sentence")
    set_slider(page, slider, 2)
    assert all(curve(page, panel, tone) != before[panel] for panel, tone in panels.items())
    assert page.inner_text("#state-sentence") != sentence


def test_the_sentence_says_so_where_drug_and_no_drug_are_not_separated(opened):
    data = story()
    assert not data["cells"]["0,1"]["mood"]["default"]["separable"]
    set_slider(opened.page, "dose", 0)
    sentence = opened.page.inner_text("#state-sentence")
    assert sentence.endswith(f"Against the same visit without drug: {NOT_SEPARATED}.")
    assert NOT_SEPARATED in opened.page.inner_text("#mood-title")


def test_the_sentence_names_a_difference_where_there_is_one(opened):
    sentence = opened.page.inner_text("#state-sentence")
    assert "one day later" in sentence
    assert f"one day later {NOT_SEPARATED}" not in sentence


def test_two_settings_within_their_doubt_are_not_separated_and_the_pinned_one_stays_as_a_line(opened):
    page = opened.page
    page.click("#pin")
    set_slider(page, "dose", 5)
    assert page.inner_text("#compare-sentence").endswith(f"{NOT_SEPARATED}.")
    assert page.locator("#concentration-chart path.ghost").count() == 1
    page.click("#to-start")
    settled(page)
    assert page.locator("#concentration-chart path.ghost").count() == 0


def test_a_table_of_differences_between_settings_decides_where_it_is_there(open_page, tmp_path):
    data = story()
    data["between"] = {"4,1|5,1": {"h": [24, 168], "mean": [-1.0, 0.1], "p10": [-1.5, -1.0], "p90": [-0.5, 1.2]}}
    page = ready(open_page(write_story(data, tmp_path / "story.html"))).page
    page.click("#pin")
    set_slider(page, "dose", 5)
    sentence = page.inner_text("#compare-sentence")
    assert "one day later 1 point lower" in sentence
    assert f"one week later {NOT_SEPARATED}" in sentence


def test_published_points_are_pale_where_they_do_not_belong(opened):
    page = opened.page
    assert page.locator("#concentration-chart .point.pale").count() == 0
    set_slider(page, "dose", 7)
    assert page.locator("#concentration-chart .point.pale").count() == 2
    assert page.locator("#published-away").is_visible()


def test_cutting_a_joint_moves_the_mood_leaves_the_default_as_a_ghost_and_resets(opened):
    page = opened.page
    default = curve(page, "switched")
    choose(page, "J5", "cut")
    assert curve(page, "switched") != default
    assert page.locator("#switched-chart path.ghost").first.get_attribute("d") == default
    assert page.inner_text("#switch-sentence").startswith("J5 is cut.")
    page.click("#joint-reset")
    settled(page)
    assert curve(page, "switched") == default
    assert page.locator("#switched-chart path.ghost").count() == 0
    assert page.locator('input[name="J5"][value="occupancy"]').is_checked()


def test_only_one_joint_is_switched_at_a_time(opened):
    page = opened.page
    choose(page, "J5", "cut")
    choose(page, "J4", "cut")
    assert page.locator('input[name="J5"][value="occupancy"]').is_checked()
    assert page.inner_text("#switch-sentence").startswith("J4 is cut.")


def test_a_switch_that_the_data_do_not_hold_says_that_nothing_moves(opened):
    choose(opened.page, "J7", "cut")
    assert "leaves the mood figure as it is" in opened.page.inner_text("#switch-sentence")


def test_a_side_that_is_not_there_yet_cannot_be_chosen_and_says_why(opened):
    page = opened.page
    page.locator('[data-joint="J3"][role="button"]').click()
    assert page.locator('input[name="J3"][value="circuit"]').is_disabled()
    assert "Not there yet" in page.locator("article.joint-detail[data-joint=J3]").inner_text()


def test_joints_and_curves_can_be_worked_with_the_keyboard_alone(opened):
    page = opened.page
    page.locator('[data-joint="J7"][role="button"]').focus()
    page.keyboard.press("Enter")
    assert page.locator("#J7-name").is_visible()
    assert page.evaluate("document.activeElement.dataset.joint") == "J7"
    page.locator("#pin").focus()
    page.keyboard.press("Shift+Tab")
    page.locator("#concentration-chart").focus()
    page.keyboard.press("Home")
    assert page.inner_text("#concentration-reading").startswith("At 0 min")
    page.keyboard.press("ArrowRight")
    assert page.locator("#occupancy-chart").get_attribute("aria-valuetext").startswith("Blocked at 5 min")


def test_the_reading_line_is_shared_by_the_four_charts_of_the_first_hours(opened):
    page = opened.page
    page.locator("#occupancy-chart").hover(position={"x": 400, "y": 80})
    shown = {
        name: page.locator(f"#{name}-chart .cursor").get_attribute("visibility")
        for name in ("pump", "concentration", "occupancy", "dissociation", "mood")
    }
    assert shown.pop("mood") == "hidden"
    assert set(shown.values()) == {"visible"}


def test_all_claims_have_verdict_source_and_test_and_a_verdict_can_be_picked(opened):
    page = opened.page
    assert page.locator(".claim").count() == 14
    assert page.locator(".claim .badge").count() == 14
    assert page.locator(".claim .sources").count() == 14
    page.click('.verdict-filter[data-verdict="unknown"]')
    assert page.locator(".claim:visible").count() == 3
    page.click('.verdict-filter[data-verdict="unknown"]')
    assert page.locator(".claim:visible").count() == 14


def test_a_claim_without_figure_shows_no_empty_frame(opened):
    assert opened.page.locator(".claim-figure").count() == 5
    assert opened.page.locator(".claim-figure:empty").count() == 0


@pytest.mark.parametrize("width", [360, 390])
@pytest.mark.parametrize("kind", ["story", "case"])
def test_nothing_needs_scrolling_sideways_on_a_phone(request, open_page, kind, width):
    page = ready(open_page(request.getfixturevalue(f"{kind}_file"), width=width, height=800)).page
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    wide = page.evaluate(
        "[...document.querySelectorAll('main *')].filter(n => !n.closest('pre, .scroll, svg')"
        f" && n.getBoundingClientRect().right > {width} + 1).map(n => n.className)"
    )
    assert wide == []


def test_on_a_phone_the_sliders_stay_in_reach_of_the_curves(open_page, story_file):
    page = ready(open_page(story_file, **PHONE)).page
    page.locator("#occupancy-chart").scroll_into_view_if_needed()
    box = page.locator("#dose").bounding_box()
    assert 0 < box["y"] < PHONE["height"]


@pytest.mark.parametrize("kind", ["story", "case"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_stands_out_from_its_ground(request, open_page, kind, scheme):
    page = ready(open_page(request.getfixturevalue(f"{kind}_file"), color_scheme=scheme)).page
    worst = page.evaluate(WORST_TEXT_CONTRAST)
    assert worst["looked"] > 50
    assert worst["ratio"] >= 4.5, worst


def test_the_reader_can_turn_the_page_dark_and_light_again(opened):
    page = opened.page
    ground = "getComputedStyle(document.body).backgroundColor"
    light = page.evaluate(ground)
    page.click("#theme")
    assert page.evaluate(ground) != light
    assert page.inner_text("#theme") == "Light page"
    page.click("#theme")
    assert page.evaluate(ground) == light


def test_nothing_jumps_while_the_page_loads(open_page, story_file):
    page = ready(open_page(story_file, height=9000)).page
    jumped = page.evaluate(
        "new Promise(done => new PerformanceObserver(list => done(list.getEntries().reduce((s, e) => s + e.value, 0)))"
        ".observe({type: 'layout-shift', buffered: true}) || setTimeout(() => done(0), 400))"
    )
    assert jumped < 0.05


def test_curves_arrive_at_once_for_those_who_ask_for_calm(open_page, story_file):
    visited = open_page(story_file)
    visited.page.emulate_media(reduced_motion="reduce")
    visited.page.reload()
    page = ready(visited).page
    page.locator("#dose").fill("7")
    first = curve(page, "concentration")
    settled(page)
    assert curve(page, "concentration") == first


def test_the_case_page_shows_both_bands_and_marks_scores_that_were_not_used(open_page, case_file):
    page = ready(open_page(case_file)).page
    assert page.locator("#scores-chart path.band").count() == 2
    assert page.locator("#scores-chart .point").count() == 4
    assert page.locator("#scores-chart .point.hollow").count() == 1
    assert re.match(r"3 observed scores narrow the band by \d+ %", page.inner_text("#scores-title"))
    assert "assumed" in page.locator(".facts").inner_text()


def test_a_case_without_mood_evidence_says_why_and_still_shows_the_rest(open_page, tmp_path):
    data = {**case(), "before": None, "after": None, "unknown_because": "No mood evidence for this diagnosis."}
    visited = ready(open_page(write_case_report(data, tmp_path / "case.html")))
    assert "No mood evidence for this diagnosis." in visited.page.inner_text("#scores")
    assert visited.page.locator("#concentration-chart path.line").count() == 1
    assert visited.complaints == []
