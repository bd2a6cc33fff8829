"""Pages from data: what is refused, what stands in them, and that a file is replaced only by its own kind."""

import json
import re

import numpy as np
import pytest
from browser.story_mock import case, story

from limen.quantities import InputError
from limen.report import write_case_report, write_story
from limen.report.bundle import bundle, modules_in_order
from limen.report.page import doi_link, embedded, plainly, rounded, when

NETWORK_CALLS = ("fetch(", "XMLHttpRequest", "WebSocket", "import(", "sendBeacon", "@import", "<iframe", "<img")


@pytest.fixture(scope="module")
def story_text(tmp_path_factory):
    return write_story(story(), tmp_path_factory.mktemp("unit") / "story.html").read_text(encoding="utf-8")


def changed(path, value):
    """A story with one thing replaced."""
    data = story()
    place = data
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    return data


def test_the_same_data_give_the_same_bytes(tmp_path, story_text):
    assert write_story(story(), tmp_path / "again.html").read_text(encoding="utf-8") == story_text


def test_nothing_in_the_page_reaches_outside(story_text):
    assert not [call for call in NETWORK_CALLS if call in story_text]
    assert not re.search(r"url\((?!#)", story_text)
    assert not re.search(r"""\b(src|href)=["'](?!#|data:|https://doi\.org/)""", story_text)
    assert "default-src 'none'" in story_text


def test_a_page_with_text_that_looks_like_markup_shows_it_as_text(tmp_path, story_text):
    data = changed(["claims", 0, "claim"], "</script><script>alert(1)</script>")
    text = write_story(data, tmp_path / "story.html").read_text(encoding="utf-8")
    assert "<script>alert" not in text
    assert text.count("</script>") == story_text.count("</script>")


def test_no_page_speaks_of_a_readers_own_treatment(tmp_path, story_text):
    case_text = write_case_report(case(), tmp_path / "case.html").read_text(encoding="utf-8")
    for phrase in ("your" + " dose", "recommended dose", "optimal dose"):
        assert phrase not in story_text.lower()
        assert phrase not in case_text.lower()
    assert "options to review" in story_text


def test_words_of_advice_in_the_data_are_refused(tmp_path):
    with pytest.raises(InputError, match="options to review"):
        write_story(changed(["claims", 3, "claim"], "This is " + "your" + " dose"), tmp_path / "story.html")


@pytest.mark.parametrize(
    ("path", "value", "says"),
    [
        (["cells", "4,1", "concentration", "p50"], [1.0, 2.0], r"cells\.4,1\.concentration\.p50 has 2 values"),
        (["cells", "0,3", "occupancy", "in_vivo"], {}, r"cells\.0,3\.occupancy\.in_vivo\.typical"),
        (["cells", "7,0", "cadss", "p90"], [], r"cells\.7,0\.cadss\.p90 has 0 values"),
        (["cells", "2,2", "mood", "default", "drug", "p10"], [3.0], r"mood\.default\.drug\.p10 has 1 values"),
        (["claims", 0, "verdict"], "true", "has the verdict 'true'"),
    ],
)
def test_data_that_do_not_fit_are_refused_naming_the_place_and_nothing_is_written(tmp_path, path, value, says):
    with pytest.raises(InputError, match=says):
        write_story(changed(path, value), tmp_path / "story.html")
    assert list(tmp_path.iterdir()) == []


def test_a_missing_cell_is_named(tmp_path):
    data = story()
    del data["cells"]["3,2"]
    with pytest.raises(InputError, match=r"lack cells\.3,2"):
        write_story(data, tmp_path / "story.html")


def test_a_difference_that_counts_the_other_way_round_is_refused(tmp_path):
    data = story()
    difference = data["cells"]["4,1"]["mood"]["default"]["difference"]
    for name in ("mean", "p10", "p90"):
        difference[name] = [-value for value in difference[name]]
    with pytest.raises(InputError, match="so that positive is better"):
        write_story(data, tmp_path / "story.html")


def test_a_number_that_is_not_finite_is_refused(tmp_path):
    data = story()
    data["cells"]["4,1"]["concentration"]["typical"][3] = float("nan")
    with pytest.raises(InputError, match="nan"):
        write_story(data, tmp_path / "story.html")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("write", "data"), [(write_story, story), (write_case_report, case)])
def test_a_page_replaces_its_own_kind_whole(tmp_path, write, data):
    path = tmp_path / "deep" / "page.html"
    write(data(), path)
    path.write_text(path.read_text(encoding="utf-8") + "<!-- old -->", encoding="utf-8")
    assert write(data(), path) == path
    assert "<!-- old -->" not in path.read_text(encoding="utf-8")
    assert list(path.parent.iterdir()) == [path]


def test_a_file_of_another_hand_is_left_alone(tmp_path):
    mine = tmp_path / "notes.html"
    mine.write_text("my notes", encoding="utf-8")
    with pytest.raises(InputError, match="is not a story page of Limen"):
        write_story(story(), mine)
    assert mine.read_text(encoding="utf-8") == "my notes"


def test_a_story_does_not_replace_a_case_nor_a_folder(tmp_path):
    path = write_case_report(case(), tmp_path / "case.html")
    with pytest.raises(InputError, match="is not a story page"):
        write_story(story(), path)
    with pytest.raises(InputError, match="is a folder"):
        write_story(story(), tmp_path)


def test_a_file_where_a_folder_should_be_is_named(tmp_path):
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(InputError, match="cannot be made"):
        write_story(story(), tmp_path / "file" / "story.html")


def test_modules_come_after_what_they_need():
    order = modules_in_order("story.js")
    assert order[-1] == "story.js"
    assert order.index("dom.js") < order.index("chart.js") < order.index("infusion.js")


@pytest.mark.parametrize("entry", ["story.js", "case.js"])
def test_the_one_script_holds_no_import_and_no_export(entry):
    assert not re.search(r"^(import|export) ", bundle(entry), re.MULTILINE)


def test_modules_that_share_a_name_or_import_each_other_are_refused(monkeypatch):
    parts = {
        "a.js": 'import { two } from "./b.js";\nconst one = 1;\n',
        "b.js": "export const one = 2;\n",
        "c.js": 'import { d } from "./d.js";\n',
        "d.js": 'import { c } from "./c.js";\n',
    }
    monkeypatch.setattr("limen.report.bundle.part", parts.__getitem__)
    with pytest.raises(InputError, match=r"The name one stands in b\.js and in a\.js"):
        bundle("a.js")
    with pytest.raises(InputError, match=r"c\.js > d\.js > c\.js"):
        bundle("c.js")


def test_embedded_data_are_json_and_cannot_end_the_script_element():
    text = str(embedded({"words": "</script>\u2028", "numbers": (1.23456789, 2.0, np.float64(0.1))}))
    assert "</" not in text
    assert json.loads(text) == {"words": "</script>\u2028", "numbers": [1.235, 2, 0.1]}


def test_rounding_keeps_truth_values_whole_numbers_and_nothing():
    assert rounded({"a": True, "b": None, "c": 123456, "d": "x"}) == {"a": True, "b": None, "c": 123456, "d": "x"}


def test_times_and_keys_are_said_in_words():
    assert [when(hours) for hours in (-48, -1, 0, 4.5, 24, 180)] == [
        "day 2 before",
        "1 h before",
        "the start",
        "4.5 h",
        "day 1",
        "day 7.5",
    ]
    assert [plainly(key) for key in ("weight_kg", "start_h", "dose")] == ["weight", "start", "dose"]


def test_a_doi_and_a_pmcid_give_sound_addresses_and_another_name_gives_none():
    assert doi_link("PMC6020109") == "https://pmc.ncbi.nlm.nih.gov/articles/PMC6020109/"
    assert doi_link("Biol Psychiatry 2013;74:250") == ""
    assert doi_link("10.1000/a<b> c") == "https://doi.org/10.1000/a%3Cb%3E%20c"
