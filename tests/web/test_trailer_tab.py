"""The tab's words and its answers to events, those that no browser would send among them."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import gradio as gr
import pytest

from pipelines.subtitles.profile import names as profile_names
from studio.accounts.role import ONLY_USER
from studio.errors import RequestError
from studio.settings import Settings
from tests.footage import music_video
from ui.web.anchor_voices import voice_choices
from ui.web.guard import USER_KEY
from ui.web.messages import Say, catalogue
from ui.web.tabs import subtitles_layout
from ui.web.tabs.search import things_offered
from ui.web.tabs.trailer import TrailerTab, Visit

ROOT = Path(__file__).resolve().parents[2]
#: Where a component of Gradio carries words.
WORDS = ("label", "info", "placeholder", "value", "title")
#: Written alike in every language.
ALIKE = {"16:9", "9:16", "1:1", "Piper Joe", "eSpeak NG"}


@pytest.fixture(scope="module")
def tab(page) -> TrailerTab:
    studio = page.studio
    with gr.Blocks(analytics_enabled=False) as blocks:
        header = gr.HTML(js_on_load="trigger('language')")
        with gr.Tabs() as tabs:
            tab = TrailerTab(
                studio.works, studio.uploads, studio.roots, studio.settings, header, tabs
            )
            with gr.Tab():
                tab.build(blocks)
    return tab


def request(language: str = "en"):
    headers = {"accept-language": language}
    return SimpleNamespace(cookies={}, headers=headers, scope={USER_KEY: ONLY_USER})


def event(**data: object):
    return SimpleNamespace(_data=data)


def texts(value: object) -> set[str]:
    if isinstance(value, str):
        return {value}
    if isinstance(value, list | tuple):
        return set().union(*map(texts, value))
    return set()


def shown(tab: TrailerTab, updates: dict, name: str) -> str:
    update = updates[tab.parts[name]]
    return update["value"] if isinstance(update, dict) else update


def test_every_word_on_a_component_is_from_the_catalogue(page):
    config = page.client.get("/config").json()
    known = set(catalogue("en").values()) | ALIKE
    known |= {*subtitles_layout.LANGUAGES, *profile_names()}
    known |= {Say("en")("sub.speakers.n", n=n) for n in range(1, 7)}
    known |= {Say("en")("generate.slider", n=n) for n in range(1, 33)}
    # What the detector knows and what voices are called, in the words of the page's language.
    known |= {label for label, _ in things_offered(Say("en"))}
    known |= {label for label, _ in voice_choices(Say("en"), page.studio.settings)}
    known |= {
        Say("en")("settings.by_variable", variable=f"STUDIO_{name.upper()}")
        for name in Settings.model_fields
    }
    strays = set()
    for component in config["components"]:
        if component["type"] in ("html", "browserstate"):
            continue
        props = dict(component["props"])
        choices = props.pop("choices", None) or []
        strays |= {label for label, _ in choices} - known
        codes = {code for _, code in choices}  # a choice is shown by its label
        for prop in WORDS:
            strays |= texts(props.get(prop)) - known - codes
    assert strays - {""} == set()


def test_every_word_changes_with_the_language(tab):
    english, korean = tab.texts.updates(Say("en")), tab.texts.updates(Say("ko"))
    assert english.keys() == korean.keys()
    assert len(english) > 20
    for component, before in english.items():
        after = korean[component]
        assert before.keys() == after.keys()
        for prop in before.keys() - {"__type__"}:
            assert before[prop] != after[prop], before[prop]


def test_a_visitor_finds_the_page_in_their_language(tab):
    updates = tab.load(Visit(), {}, request("ko-KR"))
    assert updates[tab.parts["start"]]["value"] == "구성안 만들기"
    assert "편집본" in shown(tab, updates, "stage")
    visit = Visit("ko")
    assert tab.speak(visit, event(language="en"))[tab.parts["start"]]["value"] == "Make a plan"
    assert tab.speak(visit, event(language=["<b>"]))[tab.header]
    assert visit.language == "en"


def test_an_address_of_a_forgotten_run_says_so(tab):
    updates = tab.load(Visit(), {"asked": "no-such-run"}, request())
    assert "does not know" in shown(tab, updates, "stage")
    assert "A first cut" in shown(tab, updates, "stage")
    updates = tab.load(Visit(), {"asked": None, "saved": "old"}, request())
    assert "does not know" not in shown(tab, updates, "stage")


def test_a_path_outside_the_roots_is_refused(tab):
    visit = Visit()
    for text in ("/etc/passwd", str(music_video()), "../x", None, ""):
        assert "st-problem" in shown(tab, tab.add_path(visit, text), "notice"), text
    assert not visit.footage


def test_a_path_inside_is_taken_once(tab, page, small_clip):
    place = page.studio.results_dir.parent / "footage" / "하나.mp4"
    place.write_bytes(small_clip.read_bytes())
    visit = Visit()
    for _ in range(2):
        updates = tab.add_path(visit, str(place))
    assert [info.path for info in visit.footage] == [place]
    assert "하나.mp4" in updates[tab.parts["footage"]]
    choices = [label for label, _ in updates[tab.parts["path"]]["choices"]]
    assert str(place) in choices or "하나.mp4" in str(choices)
    updates = tab.remove_footage(visit, event(index=0))
    assert not visit.footage
    assert "하나.mp4" not in updates[tab.parts["footage"]]


@pytest.mark.parametrize("index", [5, -1, "0", None])
def test_forged_places_in_the_list_change_nothing(tab, index):
    visit = Visit()
    tab.remove_footage(visit, event(index=index))
    assert visit.footage == []


def test_uploads_are_known_by_their_token_alone(tab, page, small_clip, tone):
    tokens = {}
    for kind, path in (("clip", small_clip), ("tone", tone)):
        answer = page.client.put(
            "/studio/uploads", content=path.read_bytes(), headers={"x-file-name": path.name}
        )
        tokens[kind] = answer.json()["token"]
    visit = Visit(user="")  # whose page it is, where there are no users
    for forged in ("nope", str(small_clip), None):
        assert "st-problem" in shown(tab, tab.add_upload(visit, event(token=forged)), "notice")
    assert "no picture" in shown(tab, tab.add_upload(visit, event(token=tokens["tone"])), "notice")
    assert visit.footage == []
    tab.add_upload(visit, event(token=tokens["clip"]))
    tab.add_music(visit, event(token=tokens["tone"]))
    assert (len(visit.footage), len(visit.music)) == (1, 1)
    tab.remove_music(visit)
    assert visit.music == []


def wishes(**changed: object) -> list[object]:
    usual = {
        "length_s": 10, "aspect": "source", "pace": "balanced", "title": None, "end_card": "",
        "versions": 1, "spoiler_percent": 20, "loudness_lufs": -14, "seed": None,
    }  # fmt: skip
    return list((usual | changed).values())


def test_without_footage_it_says_what_to_do(tab):
    visit = Visit()
    updates = tab.start(visit, *wishes())
    assert "no footage" in shown(tab, updates, "stage")
    assert isinstance(visit.problem, RequestError)
    assert visit.work == ""


def test_events_of_another_time_do_no_harm(tab):
    visit = Visit(work="gone")
    assert "A first cut" in shown(tab, tab.tick(visit), "stage")
    tab.cancel(visit)
    tab.render(visit)
    tab.keep(visit, event(item="x", wanted=False))
    tab.pick_version(visit, 3)
    tab.again(visit)


def test_importing_the_command_line_loads_no_gradio_and_the_page_no_model():
    code = (
        "import sys, ui.web.app; loaded = set(sys.modules);"
        "bad = {'gradio', 'torch', 'openvino', 'ultralytics', 'librosa', 'cv2', 'av'} & loaded;"
        "assert not bad, bad;"
        "from pathlib import Path; import tempfile; from studio.settings import Settings;"
        "home = Path(tempfile.mkdtemp());"
        "app = ui.web.app.make_app(ui.web.app.Studio.open("
        "Settings(cache_dir=home, data_dir=home), results_dir=home / 'r'));"
        "bad = {'torch', 'openvino', 'ultralytics', 'librosa'} & set(sys.modules);"
        "assert not bad, bad"
    )
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True, text=True, timeout=60, check=False, env=environment,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
