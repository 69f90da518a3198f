"""What is on the screen when; how it is drawn, kept, labelled and let out."""

from __future__ import annotations

import dataclasses
import json
import re
import shutil
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np
import pytest

from pipelines import anchor
from pipelines.anchor import sets, styles
from pipelines.anchor.graphics.kit import Kit
from pipelines.anchor.graphics.patch import Patch, lay
from pipelines.anchor.graphics.plates import Caption, LowerThird, Strip, picture_title
from pipelines.anchor.graphics.table import nice_steps, read_table
from pipelines.anchor.options import Options
from pipelines.anchor.programme.compose import _lift
from pipelines.anchor.programme.footage import FilmPainter
from pipelines.anchor.programme.materials import find_materials
from pipelines.anchor.programme.plan import Wanted, plan_programme
from pipelines.anchor.programme.programme import Element, Material, Programme
from pipelines.anchor.programme.sound import mix_segment
from pipelines.anchor.reading import read_text
from pipelines.anchor.script import parse_script
from pipelines.anchor.segment import estimated_track
from studio.archive.store import AnalysisStore
from studio.codec import from_json
from studio.drawing.lettering import Face, broken, set_lines, width_px
from studio.errors import Cancelled, RequestError
from studio.jobs.job import Job, Progress
from studio.media.cards import font_path
from studio.media.composed_film import Piece, compose_film
from studio.media.encoder import PictureFormat, decoded_sound, encode_sound
from studio.media.loudness import measure_loudness
from studio.media.probe import frame_times, probe
from studio.media.reader import decode_range
from studio.settings import Settings
from studio.types.audio import AudioClip
from studio.types.timecode import FrameRate
from tests.footage import shared_media
from tests.picture_pool import picture_pool

__all__ = ["picture_pool"]

SCRIPTS = Path(__file__).resolve().parents[2] / "assets" / "scripts"
NEWS = """# The port opens again

## The harbour
Good evening from the harbour. [lower-third: Ada Moreno | Harbour master] It opened at noon today.

> We lost fourteen boats. But we did not lose anybody.

[graphic: freight.csv | Freight] Freight waits on the quays, and ferries leave in the morning.

## The weather
[over-the-shoulder: gulls.jpg | Calm again] The storm has passed over the coast at last.
Nights stay dry. [lower-third: Dr. Henry Lee | Weather office] [b-roll: sea-wall.jpg] He says so.
Good night. [credit: All of this is invented.]
"""


def _planned(text: str, changed: str = "", **wants: object) -> Programme:
    script = parse_script(text.replace("Nights stay dry.", changed or "Nights stay dry."), "n.md")
    readings = {line.id: read_text(line.text, "en") for line in script.lines()}
    # Lengths are whole frames, as the voice's are.
    seconds = {line.id: round(len(line.text) / 14 * 25) / 25 for line in script.lines()}
    track = estimated_track(script, readings, seconds)
    found = {
        name: Material(SCRIPTS / name, name, kind)
        for name, kind in (("freight.csv", "table"), ("gulls.jpg", "picture"),
                           ("sea-wall.jpg", "picture"))
    }  # fmt: skip
    wanted = Wanted(styles.load("civic"), Fraction(25), "16:9", "skyline", "claire")
    return plan_programme(script, track, dataclasses.replace(wanted, **wants), found)


def test_the_plan_of_a_segment():
    plan = _planned(NEWS, clock_s=21 * 3600)
    assert from_json(Programme, json.loads(json.dumps(_plain(plan)))) == plan, "it is plain JSON"
    for row in (plan.shots, plan.stretches):
        assert row[0].start == 0 and row[-1].end == plan.frames
        assert all(a.end == b.start for a, b in pairwise(row)), "no gap"
    kinds = {e.kind: e for e in plan.elements}
    assert kinds["quote"].text == "We lost fourteen boats. But we did not lose anybody."
    assert kinds["quote"].detail == "", "nobody is named as having said it"
    assert (kinds["chart"].text, kinds["chart"].material) == ("Freight", "freight.csv")
    assert kinds["panel"].text == "Calm again" and plan.framing(kinds["panel"].start) == "side"
    assert plan.framing(plan.voice_at) == "wide" and plan.credits == ("All of this is invented.",)
    full = [e for e in plan.elements if e.kind in ("quote", "chart", "picture", "film")]
    names = [e for e in plan.elements if e.kind == "lower-third"]
    for one in full:
        for other in full:
            assert one is other or one.end <= other.start or other.end <= one.start
        if one.kind != "picture":
            assert not any(n.start < one.end and n.end > one.start for n in names), "type over type"
    assert [n.text for n in names] == ["Ada Moreno", "Dr. Henry Lee"]
    strips = [e for e in plan.elements if e.kind == "strip"]
    assert {s.text for s in strips} == {"The weather", "The harbour"}
    assert all(a.text == b.detail for a, b in pairwise(strips))
    assert plan.clock(0) == "21:00" and plan.clock(25 * 60) == "21:01"


def test_a_longer_line_moves_the_others_and_changes_nothing_in_them():
    before, after = _planned(NEWS), _planned(NEWS, "Nights stay dry along all of the coast.")
    assert after.frames > before.frames

    def shown(plan: Programme) -> dict[str, object]:
        found = {}
        for s in plan.stretches:
            inside = [
                (e.kind, e.start - s.start, e.end - s.start, e.text, e.detail)
                for e in plan.during(s.start, s.end)
            ]
            found[s.name] = (s.end - s.start, plan.framing(s.start), inside)
        return found

    one, other = shown(before), shown(after)
    same = [name for name in one if other.get(name) == one[name]]
    assert len(same) >= len(one) - 2, set(one) - set(same)


def _plain(plan: Programme) -> object:
    from studio.codec import to_json

    return to_json(plan)


def test_house_files_are_checked(tmp_path):
    assert len(styles.names()) >= 3 and len(sets.names()) >= 4
    for name in styles.names():
        assert styles.load(name).words.keys() >= {"en", "ko"}
    mine = tmp_path / "mine.toml"
    mine.write_text('radius = 0.01\n[colours]\naccent = "#204080"\n[places."16:9"]\ndesk = 1.0\n')
    made = styles.load(str(mine))
    assert made.colours.accent == "#204080" and made.places["16:9"].desk == 1.0
    assert made.places["9:16"] == styles.load("civic").places["9:16"]
    for text, said in (
        ('[colours]\nink = "#123a63"\n', "contrast"),
        ("radios = 1\n", "Did you mean radius"),
        ('[places."16:9"]\nstrip = [0.1, 2]\n', "places.16:9.strip"),
        ('headline = "Comic.ttf"\n', "headline"),
        ("opening_s = -1\n", "opening_s"),
    ):
        mine.write_text(text)
        with pytest.raises(RequestError, match=re.escape(said)):
            styles.load(str(mine))
    for name, said in (("moon", "There is no set moon"), ("moon.png", "no file")):
        with pytest.raises(RequestError, match=said):
            sets.load(name)
    table = tmp_path / "t.csv"
    for text, said in (
        ("a,b\n", "holds no figures"),
        ("a,b\nx,many\n", "t.csv:2: 'many' is no number"),
        ("a,b\n" + "x,1\n" * 30, "30 rows"),
        ("a,b,c,d,e\nx,1,2,3,4\n", "columns"),
    ):
        table.write_text(text)
        with pytest.raises(RequestError, match=re.escape(said)):
            read_table(table, "line 3")
    table.write_text("# unit: tons\nyear,a\n" + "".join(f"{2000 + i},{i}.5\n" for i in range(12)))
    assert (read_table(table).kind, read_table(table).unit) == ("line", "tons")
    assert nice_steps(0, 2400) == [0, 500, 1000, 1500, 2000, 2500]


def test_type_is_set_inside_its_measure_and_hangul_is_drawn():
    face = Face(font_path("Bold"), 40.0)
    for text in (
        "The harbour of Kingsbridge opens again after the storm",
        "폭풍 뒤 다시 열린 항구",
    ):
        lines = broken(text, face, 330)
        assert " ".join(lines) == text and all(width_px(line, face) <= 330 for line in lines)
    pictures = {c: set_lines((c,), face, "#ffffff")[..., 3] for c in "항구힣"}
    assert all(p.max() > 200 for p in pictures.values())
    same = [np.array_equal(pictures["항"], pictures[c]) for c in "구힣"]
    assert not any(same), "each syllable has a shape of its own: none is the box for a missing one"
    assert width_px("AVA", face) < sum(width_px(c, face) for c in "AVA"), "pairs are kerned"


def test_patches_are_laid_as_they_should_be():
    dice = np.random.default_rng(1)
    for sparse in (True, False):
        frame = dice.integers(0, 255, (90, 120, 3), dtype=np.uint8)
        rgba = dice.integers(0, 255, (60, 80, 4), dtype=np.uint8)
        if sparse:
            rgba[..., 3] = np.where(dice.random((60, 80)) < 0.9, 255 * (dice.random() < 0.5), 90)
        for alpha, x, y in ((1.0, 10, 12), (0.4, -20, 50)):
            made = frame.copy()
            lay(made, Patch(x, y, rgba, alpha))
            want = frame.astype(float)
            high, wide = min(60, 90 - y), 80 + min(x, 0)
            part = rgba[:high, max(-x, 0) :].astype(float)
            share = part[..., 3:] * alpha / 255
            place = want[y : y + high, max(x, 0) : max(x, 0) + wide]
            place[...] = part[..., :3] * share + place * (1 - share)
            assert np.abs(made - want).max() <= 2.0


def test_names_come_and_go_and_stay_in_the_safe_area():
    for aspect, (width, height) in styles.SIZES_WH.items():
        kit = Kit(styles.load("civic"), aspect, (width, height), "ko", 25.0)
        name = LowerThird(kit, "김민서", "해운항 항만소장", 100)
        grown = [sum(p.rgba.shape[1] * p.alpha for p in name.patches(k)) for k in range(100)]
        assert grown[0] < 0.4 * max(grown) and grown[99] < 0.4 * max(grown)
        assert grown[30] == grown[60] == max(grown)
        strip = Strip(kit, "하나", "둘", ["21:00"] * 100)
        for painter in (name, strip):
            for k in (0, 5, 50, 99):
                for p in painter.patches(k):
                    high, wide = p.rgba.shape[:2]
                    assert p.x >= 0.05 * width - 1 and p.x + wide <= 0.951 * width
                    assert p.y >= 0.05 * height and p.y + high <= 0.951 * height


def test_subtitles_touch_no_plate_and_rise_only_over_one_they_would_touch():
    where = {}
    for aspect, (width, height) in styles.SIZES_WH.items():
        kit = Kit(styles.load("civic"), aspect, (width, height), "en", 25.0)
        lines = ("The museum opened", "before seven this morning,")
        wide = Element("lower-third", 0, 100, "Dr. Maximilian Oyelaran-Whitcombe", "Observatory")
        slim = Element("lower-third", 0, 100, "Ada", "Harbour")
        title = Element("picture", 0, 100, "The port of Kingsbridge, seen from the sea in May")
        for plate in (wide, slim, title):
            lift = _lift(kit, lines, [plate])
            (caption,) = Caption(kit, lines, lift).patches(0)
            assert _lift(kit, lines, []) == 0 and caption.y > 0.3 * height
            found = [picture_title(kit, plate.text)]
            if plate.kind == "lower-third":
                found = LowerThird(kit, plate.text, plate.detail, 100).patches(50)
            for other in found:
                free = (
                    caption.x >= other.x + other.rgba.shape[1]
                    or caption.y + caption.rgba.shape[0] <= other.y
                )
                assert free, (aspect, plate.text)
            where[aspect, plate.text] = lift
    assert where["16:9", slim.text] == 0 < where["16:9", wide.text]
    assert where["9:16", title.text] > 0


def test_missing_and_unfit_files_are_named_by_their_line(tmp_path):
    job = Job(Settings(cache_dir=tmp_path / "c", data_dir=tmp_path / "d"))
    for text, said in (
        ("Hello. [graphic: none.csv] There.", "line 1:8: [graphic: none.csv] names a file"),
        ("Hello.\n\n[over-the-shoulder: t.csv] There.", "line 3: [over-the-shoulder: t.csv] names"),
    ):
        (tmp_path / "t.csv").write_text("a,b\nx,1\n")
        script = parse_script(text, "n.md")
        with pytest.raises(RequestError, match=re.escape(said)):
            find_materials(script, tmp_path, (), (), job)
    script = parse_script("Hello. [b-roll: a quiet river] There.", "n.md")
    river = tmp_path / "river.jpg"
    river.write_bytes((SCRIPTS / "sea-wall.jpg").read_bytes())
    with pytest.raises(RequestError, match=r"line 1:8: \[b-roll: a quiet river\] finds nothing"):
        find_materials(script, tmp_path, (), (), job)
    found = find_materials(script, tmp_path, (), (river,), job)
    assert found.materials["a quiet river"].path == river and "by its name" in found.notes[0]


@pytest.mark.slow  # two films made searchable, a segment of one line: 30 s of a quiet processor
def test_footage_is_found_by_what_it_shows_and_shown(picture_pool, tmp_path):
    games, chaplin = tmp_path / "tape-1.mp4", tmp_path / "tape-2.mp4"
    shutil.copyfile(shared_media("basketball.mp4"), games)
    shutil.copyfile(shared_media("film_bw.mp4"), chaplin)
    source = tmp_path / "n.md"
    source.write_text("# Sports\n\nGood evening. [b-roll: basketball] The children of our street "
                      "have won their first game of the season today.\n")  # fmt: skip
    style = tmp_path / "quick.toml"
    style.write_text("opening_s = 0.4\nclosing_s = 0.4\nsting = false\nstrip = false\n")
    job = Job(_settings(tmp_path), picture_pool, AnalysisStore(tmp_path / "s"))
    options = Options(tmp_path / "out", style=str(style), height_px=360, footage=(chaplin, games))
    made = anchor.run(source, options, job)
    assert made.programme is not None
    material = made.programme.materials["basketball"]
    assert material.path == games and 0 <= material.from_s < 8, "no name told: its pictures did"
    assert any("tape-1.mp4 at " in note for note in made.notes)
    (film,) = (e for e in made.programme.elements if e.kind == "film")
    k = film.start + 40
    shown = _frames(made.files["film"])[k].astype(float)
    info = probe(games)
    at = material.from_s + Fraction(40, 25)
    near = round(at * info.video.rate.fps)
    source_frames = [
        frame.to_ndarray(format="gray")
        for _, frame in decode_range(info, frame_times(info), near - 1, near + 2)
    ]
    inside = (slice(80, 300), slice(160, 480))  # no type there
    alike = [
        np.corrcoef(shown[inside].ravel(), cv2.resize(one, (640, 360))[inside].ravel())[0, 1]
        for one in source_frames
    ]
    assert max(alike) > 0.9, alike
    source.write_text("Good evening. [b-roll: purple submarine] Nobody saw it.\n")
    with pytest.raises(RequestError, match=r"line 1:15: \[b-roll: purple submarine\] finds noth"):
        anchor.run(source, options, job)


def _settings(folder: Path) -> Settings:
    return Settings(cache_dir=folder / "cache", data_dir=folder / "data")


SHORT = """# 항구

## 소식
열렸습니다. [lower-third: 김민서 | 소장] 떠납니다.
[credit: 모두 지어낸 것입니다.]
"""


def _frames(path: Path) -> np.ndarray:
    info = probe(path)
    return np.stack(
        [f.to_ndarray(format="gray") for _, f in decode_range(info, frame_times(info), 0, 10**6)]
    )


def test_a_dry_run_prints_the_plan_and_writes_nothing(picture_pool, tmp_path):
    job = Job(_settings(tmp_path), picture_pool, AnalysisStore(tmp_path / "s"))
    options = Options(
        tmp_path / "out", dry_run=True, stop_after="programme", aspect="9:16", presenter="claire"
    )
    result = anchor.run(SCRIPTS / "harbour.ko.md", options, job)
    assert not (tmp_path / "out").exists() and result.programme is not None
    assert result.programme.size_wh == (1080, 1920) and 60 < result.duration_s < 100
    said = anchor.summarise(result)
    assert "배 14척을 잃었지만" in said and "부두에 쌓인 화물" in said and "1080x1920" in said
    assert json.loads(json.dumps(anchor.describe(result)))["programme"]["presenter"] == "claire"
    for changes, said in (
        ({"aspect": "4:3"}, "--aspect"),
        ({"fps": "26"}, "--fps"),
        ({"clock": "25:00"}, "--clock"),
        ({"presenter": "nobody"}, "no presenter nobody"),
        ({"set_name": "moon"}, "no set moon"),
        ({"style": "loud"}, "no style loud"),
        ({"footage": (tmp_path / "none.mp4",)}, "none.mp4 is no file"),
        ({"approve_by": "X", "draft": True}, "contradict"),
    ):
        with pytest.raises(RequestError, match=re.escape(said)):
            anchor.run(SCRIPTS / "harbour.ko.md", dataclasses.replace(options, **changes), job)


@pytest.mark.slow  # four films: 30 s of a quiet processor
def test_a_segment_is_made_kept_changed_stopped_and_approved(picture_pool, tmp_path):
    style = tmp_path / "quick.toml"
    # One framing's size for all: a presenter is painted once.
    style.write_text(
        "opening_s = 0.4\nclosing_s = 0.4\nburned = []\nsting = false\n"
        '[places."16:9"]\nwide = [0.0, 0.11, 1.0, 0.89]\n'
    )
    source = tmp_path / "news.md"
    source.write_text(SHORT, encoding="utf-8")

    def made(out: str, stop_at: float = 2.0, **changes: object) -> anchor.Result:
        def told(progress: Progress) -> None:
            if progress.stage == "picture" and progress.share > stop_at:
                job.cancel()

        job = Job(
            _settings(tmp_path), picture_pool, AnalysisStore(tmp_path / "s"), on_progress=told
        )
        options = Options(tmp_path / out, style=str(style), height_px=360, **changes)
        return anchor.run(source, options, job)

    with pytest.raises(Cancelled):
        made("one", stop_at=0.8)
    assert not list((tmp_path / "one").glob("*.mp4"))
    first = made("one")
    assert first.files["film"].name == "draft.16x9.mp4" and "nobody has approved" in first.draft
    assert first.drawn_before >= 1, "what was finished before the stop is used"
    info = probe(first.files["film"])
    assert info.video is not None and info.video.display_wh == (640, 360)
    assert len(frame_times(info)) == first.programme.frames
    sound = decoded_sound(first.files["film"])
    assert abs(measure_loudness(sound, 48_000).integrated_lufs + 23) < 0.5
    assert first.signed_by

    # One line changed: its stretch is drawn, and the film is as if all of it were.
    source.write_text(SHORT.replace("떠납니다.", "갑니다."), encoding="utf-8")
    second = made("one")
    assert second.drawn <= 2 and second.drawn_before >= 2
    assert second.saved_s > 0 and "drawing those took" in anchor.summarise(second)
    # The voice is kept by its text: eSpeak says a text a millisecond otherwise after another one.
    shutil.copytree(tmp_path / "one" / "voice-parts", tmp_path / "two" / "voice-parts")
    whole = made("two")
    assert whole.drawn_before == 0
    assert np.array_equal(_frames(second.files["film"]), _frames(whole.files["film"]))

    # Approved by name: another film, without the words across it.
    approved = made("two", approve_by="이편집")
    assert approved.files["film"].name == "segment.16x9.mp4" and not approved.draft
    assert "승인: 이편집" in approved.programme.credits
    differ = _frames(approved.files["film"]) != _frames(whole.files["film"])
    assert differ.any(axis=0).mean() > 0.02


def test_footage_runs_at_its_own_speed_and_is_heard_far_below_the_voice(tmp_path):
    """A film of 10 pictures a second, each a step brighter, with a tone, shown from 0.5 s on."""
    path = tmp_path / "ramp.mp4"
    form = PictureFormat((320, 180), FrameRate(Fraction(10)), 1)
    pieces = [
        Piece(
            "0" * 32, 30, lambda: (np.full((180, 320, 3), 40 + 6 * n, np.uint8) for n in range(30))
        )
    ]
    tone = np.sin(np.arange(3 * 48_000) * 2 * np.pi * 440 / 48_000).astype(np.float32)
    compose_film(
        pieces, lambda to: encode_sound(to, np.stack([tone, tone])), path, tmp_path / "p", form
    )
    settings = _settings(tmp_path)
    material = Material(path, "f" * 64, "film", Fraction(5, 2), Fraction(1, 2), sound=True)
    plan = _planned(NEWS)
    at = plan.voice_at + 50
    film = Element("film", at, at + 50, "", "", "ramp", Fraction(1, 2))
    kit = Kit(styles.load("civic"), "16:9", (320, 180), "en", 25.0)
    for first in (0, 20):  # the same whether drawn from its start or from a later stretch on
        painter = FilmPainter(kit, material, film, settings)
        for k in range(first, 40, 5):
            level = painter.patches(k)[0].rgba[90, 160, 0]
            assert abs(int(level) - (40 + 6 * int(5 + k * 10 / 25))) <= 3, k
    plan = dataclasses.replace(plan, elements=(film,), materials={"ramp": material})
    dice = np.random.default_rng(0)
    voice = np.zeros((1, plan.voice_frames * 1920), np.float32)
    voice[0, :48_000] = 0.1 * dice.standard_normal(48_000)
    mixed = mix_segment(plan, AudioClip(voice, 48_000), False, settings)
    assert mixed.shape == (2, plan.frames * 1920)
    heard = mixed[:, (at + 12) * 1920 : (at + 38) * 1920]
    spoken = mixed[:, plan.voice_at * 1920 :][:, :48_000]
    gap = (
        measure_loudness(spoken, 48_000).integrated_lufs
        - measure_loudness(heard, 48_000).integrated_lufs
    )
    assert 10 < gap < 26
    assert not mixed[:, : plan.voice_at * 1920].any(), "no notes were asked for"
