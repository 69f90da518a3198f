"""Settings that are changed on the page: what is written, what is refused, and who may."""

from __future__ import annotations

import tomllib
from dataclasses import replace

import gradio as gr
import pytest

from studio import settings_file
from studio.accounts.book import Accounts
from studio.accounts.role import Role
from studio.settings import Settings, config_file
from tests.footage import counted_clip
from ui.web.messages import Say, preferred_language
from ui.web.shelf import Shelf
from ui.web.tabs.settings import FIELDS, SettingsTab, Visit

SAY = Say("en")


@pytest.fixture(autouse=True)
def own_file(tmp_path, monkeypatch):
    """A configuration folder of this test's own, and no variables."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    for each in FIELDS:
        monkeypatch.delenv(f"STUDIO_{each.name.upper()}", raising=False)


@pytest.fixture
def tab(page):
    with gr.Blocks() as blocks:
        made = SettingsTab(page.studio, gr.HTML(js_on_load="trigger('language')"))
        made.build(blocks)
    return made


def save(tab, visit=None, **changed):
    """Press save after some fields were changed; what is told."""
    visit = visit or Visit(user="")
    shown = tab._all(visit)
    values = [changed.get(f.name, shown[tab.parts[f.name]]["value"]) for f in FIELDS]
    return tab.save(visit, *values)[tab.parts["told"]]["value"]


def test_what_is_changed_is_written_and_read_by_whatever_starts_next(tab, page):
    assert SAY("settings.same") in save(tab)
    assert not config_file().exists(), "what was not changed is not written down"
    config_file().parent.mkdir(parents=True)
    config_file().write_text("# mine\nmax_streams = 7\n")
    told = save(tab, language="ko", memory_budget_bytes=2.5, model_idle_s=None, threads=3)
    assert str(config_file()) in told
    assert SAY("settings.threads") in told, "threads want the studio to be started again"
    assert SAY("settings.language") not in told, "the page speaks another language at once"
    text = config_file().read_text()
    assert "# mine" in text
    assert tomllib.loads(text) == {
        "max_streams": 7, "language": "ko", "memory_budget_bytes": 2_500_000_000, "threads": 3,
    }  # fmt: skip
    found = Settings()
    assert (found.memory_budget_bytes, found.threads, found.max_streams) == (2_500_000_000, 3, 7)
    # A browser that never chose speaks it; one that did, does not.
    assert preferred_language(None, "en-US") == "ko"
    assert preferred_language("en", "ko-KR") == "en"
    # Back to how it comes: the line goes.
    save(tab, language="", threads=None)
    assert tomllib.loads(config_file().read_text()).keys() == {"max_streams", "memory_budget_bytes"}


def test_what_cannot_be_is_refused_in_words_and_nothing_is_written(
    tab, page, tmp_path, monkeypatch
):
    for name, value, key in (
        ("threads", -1, "settings.bad"),
        ("max_pixels", 0, "settings.bad"),
        ("results_dir", str(tmp_path), "settings.outside"),
        ("results_dir", str(page.studio.roots.folders[0] / "none"), "settings.no_folder"),
    ):
        told = save(tab, language="ko", **{name: value})
        assert SAY(f"{key}.hint").split(".")[0] in told, (name, told)
        assert not config_file().exists()
    inside = page.studio.roots.folders[0] / "made"
    inside.mkdir()
    save(tab, results_dir=str(inside))
    assert Settings().results_dir == inside
    monkeypatch.setenv("STUDIO_THREADS", "2")
    assert "STUDIO_THREADS" in save(tab, threads=4)
    assert tab._all(Visit(user=""))[tab.parts["threads"]]["interactive"] is False
    config_file().write_text("threads = [")
    assert 'role="alert"' in save(tab, light="dark"), "a file that is none is not written over"
    assert config_file().read_text() == "threads = ["
    with pytest.raises(ValueError, match="no setting"):
        settings_file.change({"colour": "red"})


def test_on_a_shared_machine_administrators_alone_change_them(page, tmp_path):
    accounts = Accounts(tmp_path / "accounts.db")
    accounts.add("ada", "long enough to pass", Role.ADMIN)
    accounts.add("eve", "long enough to pass", Role.EDITOR)
    with gr.Blocks() as blocks:
        tab = SettingsTab(
            replace(page.studio, accounts=accounts), gr.HTML(js_on_load="trigger('language')")
        )
        tab.build(blocks)
    shown = tab._all(Visit(user="eve"))
    assert shown[tab.parts["save"]]["interactive"] is False
    assert SAY("settings.not_yours") in shown[tab.parts["told"]]["value"]
    save(tab, Visit(user="eve"), light="dark")
    assert not config_file().exists()
    save(tab, Visit(user="ada"), light="dark")
    assert settings_file.now("light") == "dark"
    accounts.close()


def test_without_proxies_none_are_asked_for(page, tmp_path, monkeypatch):
    from studio.media.probe import probe

    info = probe(counted_clip(tmp_path / "new.mp4", 5))  # nobody has looked at it yet
    monkeypatch.setattr("ui.web.shelf._LIGHT_LINES", 10)  # it counts as heavy then

    def asked() -> list[str]:
        shelf = Shelf(page.studio.desk.library, page.studio.desk, page.studio.settings)
        shelf.prepare([info])
        return sorted(act for act, _ in shelf._asked)

    assert asked() == ["library.look", "library.proxy"]
    settings_file.change({"proxies": False})
    assert asked() == ["library.look"]
