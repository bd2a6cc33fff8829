"""The witness has to be trusted first: what a page asks for and complains about is seen."""

import pytest

pytestmark = pytest.mark.browser


def test_a_page_that_asks_for_something_outside_is_caught(open_page, tmp_path):
    page = tmp_path / "page.html"
    page.write_text('<title>asks</title><img src="http://127.0.0.1:9/picture.png" alt="">')
    visited = open_page(page)
    assert visited.network_requests == ["http://127.0.0.1:9/picture.png"]
    assert visited.complaints


def test_a_script_that_fails_is_caught(open_page, tmp_path):
    page = tmp_path / "page.html"
    page.write_text("<title>fails</title><script>throw new Error('a seeded fault')</script>")
    assert any("a seeded fault" in complaint for complaint in open_page(page).complaints)


def test_a_quiet_page_is_quiet_in_the_dark_and_at_phone_width(open_page, tmp_path):
    page = tmp_path / "page.html"
    page.write_text("<title>quiet</title><p>nothing here</p>")
    visited = open_page(page, width=390, height=844, color_scheme="dark")
    assert visited.network_requests == []
    assert visited.complaints == []
    assert visited.page.evaluate("matchMedia('(prefers-color-scheme: dark)').matches")
    assert visited.page.evaluate("innerWidth") == 390
