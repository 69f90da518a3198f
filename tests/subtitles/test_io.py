"""Subtitle files: round trips, other people's files, hostile files."""

from __future__ import annotations

import os
import time
import tracemalloc
import xml.etree.ElementTree as ET
from fractions import Fraction
from pathlib import Path

import pytest

from pipelines.subtitles.cues import plan_cues
from pipelines.subtitles.lint import lint
from pipelines.subtitles.profile import load
from studio.errors import EncodeFailed, LimitExceeded, NoSuchMedia, RequestError, UnsupportedMedia
from studio.media import subtitle_io
from studio.types.cue_style import CueStyle
from studio.types.subtitles import Cue, Subtitles
from studio.types.timecode import FrameRate
from tests.subtitles.scripts import spoken

RATES = [FrameRate(Fraction(r)) for r in ("24000/1001", "25", "30000/1001", "50")]


def cue(start: str, end: str, *lines: str, **more) -> Cue:
    return Cue(Fraction(start), Fraction(end), lines, **more)


TRACK = Subtitles(
    "ko",
    (
        cue("0", "1.5", "안녕하세요, 여러분", speaker="지수"),
        cue("1.584", "4.001", "- 하지만 왜?", "- 나도 몰라", at_top=True),
        cue("5", "7", "[박수]", kind="sound"),
        cue("3600.5", "3602.25", "AT&T 2 < 3 > 1", "“quoted” — café…", italic=True),
        cue("3603", "3604", "Anna & Ben", speaker="Anna & Ben", at_top=True, italic=True),
    ),
)


@pytest.mark.parametrize("format", subtitle_io.FORMATS)
def test_what_is_written_is_read_back(tmp_path, format):
    path = tmp_path / f"film.ko.{format}"
    subtitle_io.write(TRACK, path)
    back = subtitle_io.read(path)
    assert back.language == "ko"
    assert len(back.cues) == len(TRACK.cues)
    step = subtitle_io.resolution_s(path)
    for one, two in zip(TRACK.cues, back.cues, strict=True):
        assert two.lines == one.lines
        assert (two.at_top, two.italic, two.kind) == (one.at_top, one.italic, one.kind)
        if format != "srt":  # which has no speakers
            assert two.speaker == one.speaker
        assert abs(two.start - one.start) <= step / 2 and abs(two.end - one.end) <= step / 2
    assert not [p for p in tmp_path.iterdir() if p != path]


@pytest.mark.parametrize("rate", RATES, ids=str)
@pytest.mark.parametrize("format", ["srt", "vtt", "ass", "ttml"])
def test_a_cue_meets_its_very_frame(tmp_path, format, rate):
    """A player shows a cue in frames whose time is not before its start and before its end."""
    frames = [0, 1, 2, 7, 23, 24, 25, 100, 1001, 86_399, 172_801]
    cues = [Cue(rate.seconds(f), rate.seconds(f + 20), ("x",)) for f in frames]
    path = tmp_path / f"film.{format}"
    subtitle_io.write(Subtitles("en", tuple(cues)), path, rate=rate)
    for frame, back in zip(frames, subtitle_io.read(path).cues, strict=True):
        # Players know a frame's time exactly, or in whole milliseconds, rounded or cut.
        shown = [rate.seconds(n) for n in range(max(0, frame - 2), frame + 23)]
        whole = (lambda t: Fraction(int(t * 1000), 1000), lambda t: Fraction(round(t * 1000), 1000))
        # TTML names the frames themselves, so nobody's milliseconds come into it.
        for clock in (lambda t: t, *(() if format == "ttml" else whole)):
            seen = [
                n
                for n, t in enumerate(shown, max(0, frame - 2))
                if back.start <= clock(t) < back.end
            ]
            assert seen == list(range(frame, frame + 20)), (frame, float(back.start))


def test_every_format_of_a_plan_is_free_of_violations(tmp_path):
    rate, profile = FrameRate(Fraction(24000, 1001)), load("netflix-en")
    text = "It was the best of times, it was the worst of times, it was the age of wisdom. "
    plan = plan_cues(spoken(text * 6), profile, rate)
    for format in subtitle_io.FORMATS:
        path = tmp_path / f"film.en.{format}"
        subtitle_io.write(plan.subtitles, path, rate=rate)
        found = lint(subtitle_io.read(path), profile, rounding_s=subtitle_io.resolution_s(path))
        assert not found, format


def test_words_go_with_the_json_and_are_marked_in_karaoke(tmp_path):
    said = spoken("Ask not what your country can do for you.")
    track = plan_cues(said, load("social")).subtitles
    subtitle_io.write(track, tmp_path / "a.json", words=said.words)
    assert subtitle_io.read_file(tmp_path / "a.json").words == said.words
    style = CueStyle(spoken_color="#ff8800", box_color="#00000080", size=0.08)
    subtitle_io.write(
        track,
        tmp_path / "a.ass",
        words=said.words,
        style=style,
        karaoke=True,
        picture_wh=(1080, 1920),
    )
    text = (tmp_path / "a.ass").read_text()
    assert "PlayResX: 1080" in text and "Style: Cue,NanumGothic,86,&H000088FF" in text
    first = next(line for line in text.splitlines() if line.startswith("Dialogue"))
    assert "{\\k" in first and first.count("\\k") >= len(track.cues[0].text.split())
    steps = [int(s.split("}")[0]) for s in first.split("{\\k")[1:]]
    cue = subtitle_io.read(tmp_path / "a.ass").cues[0]
    assert abs(sum(steps) - (cue.end - cue.start) * 100) <= 1
    assert subtitle_io.read(tmp_path / "a.ass").cues[0].lines == track.cues[0].lines


def test_ttml_is_imsc_and_counts_in_frames(tmp_path):
    rate = FrameRate(Fraction(30000, 1001))
    track = Subtitles("en", (Cue(rate.seconds(10), rate.seconds(70), ("One", "two")),))
    subtitle_io.write(track, tmp_path / "a.ttml", rate=rate)
    root = ET.parse(tmp_path / "a.ttml").getroot()
    parameter = "{http://www.w3.org/ns/ttml#parameter}"
    assert root.get(f"{parameter}contentProfiles") == (
        "http://www.w3.org/ns/ttml/profile/imsc1.1/text"
    )
    assert root.get(f"{parameter}frameRate") == "30"
    assert root.get(f"{parameter}frameRateMultiplier") == "1000 1001"
    p = next(root.iter("{http://www.w3.org/ns/ttml}p"))
    assert (p.get("begin"), p.get("end"), p.get("region")) == ("10f", "70f", "bottom")
    assert len(p.findall("{http://www.w3.org/ns/ttml}br")) == 1
    assert subtitle_io.read(tmp_path / "a.ttml").cues == track.cues


OTHERS = {
    "crlf.srt": b"\xef\xbb\xbf1\r\n00:00:01,000 --> 00:00:02,500\r\nHello <b>you</b>\r\n\r\n"
    b'2\r\n0:0:3.5 --> 0:00:04,0\r\n<font color="red">Two</font>\r\n\r\n',
    "blank-inside.srt": b"1\n00:00:01,000 --> 00:00:02,500\n\nHello you\n\n\n2\n"
    b"00:00:03,500 --> 00:00:04,000 X1:10 X2:20\nTwo\n",
    "settings.vtt": b"WEBVTT - a title\nKind: captions\nLanguage: en-US\n\nNOTE\nnothing\n\nSTYLE\n"
    b"::cue{}\n\nfirst\n00:01.000 --> 00:02.500 line:10% align:start\n<v Ben>Hello <c.red>you</c>"
    b"\n\n00:00:03.500 --> 00:00:04.000\n<00:00:03.600>Two",
    "other.ass": b"[Script Info]\nScriptType: v4.00+\n\n[V4+ Styles]\nFormat: Name, Fontname\n\n"
    b"[Events]\nFormat: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text\n"
    b"Comment: 0,0:00:00.00,0:00:01.00,x,,0,0,0,,not this\n"
    b"Dialogue: 0,0:00:01.00,0:00:02.50,x,Ben,0,0,0,,{\\an8\\b1}Hello{\\b0} you\n"
    b"Dialogue: 0,0:00:03.50,0:00:04.00,x,,0,0,0,,Two\n"
    b"Dialogue: 0,0:00:05.00,0:00:06.00,x,,0,0,0,,{\\p1}m 0 0 l 1 1{\\p0}\n",
    "offsets.ttml": b'<tt xmlns="http://www.w3.org/ns/ttml" '
    b'xmlns:ttp="http://www.w3.org/ns/ttml#parameter" xml:lang="en" '
    b'ttp:frameRate="25" ttp:tickRate="1000"><body begin="1s"><div><p begin="0t" '
    b'end="1500t"> Hello\n  <span>you</span> </p><p begin="00:00:02:12.5" dur="500ms">Two</p></div>'
    b"</body></tt>",
    "old.dfxp": b'<?xml version="1.0"?><tt xmlns="http://www.w3.org/2006/10/ttaf1"><body><div>'
    b'<p begin="00:00:01.000" end="00:00:02.500">Hello you</p>'
    b'<p begin="3.5s" end="4s">Two</p></div></body></tt>',
}


@pytest.mark.parametrize("name", OTHERS)
def test_other_peoples_files_are_read(tmp_path, name):
    path = tmp_path / name
    path.write_bytes(OTHERS[name])
    one, two = subtitle_io.read(path).cues
    assert (float(one.start), float(one.end), one.text) == (1.0, 2.5, "Hello you")
    assert two.text == "Two"
    assert float(two.start) == pytest.approx(3.5, abs=0.021)
    if name in ("settings.vtt", "other.ass"):
        assert one.speaker == "Ben" and one.at_top and not two.at_top


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp949"]
)
@pytest.mark.parametrize("format", ["srt", "vtt", "ass", "ttml"])
def test_encodings_of_korean_files(tmp_path, format, encoding):
    path = tmp_path / f"film.{format}"
    track = Subtitles("", (cue("1", "2", "이것은 한국어 자막입니다", "두 번째 줄"),))
    subtitle_io.write(track, path)
    path.write_bytes(path.read_text(encoding="utf-8").encode(encoding))
    read = subtitle_io.read_file(path)
    assert read.subtitles.cues[0].lines == track.cues[0].lines
    told = {"utf-8-sig": "utf-8", "utf-16": "utf-16-le"}
    assert read.encoding == told.get(encoding, encoding)


def test_western_files_are_not_taken_for_korean_ones(tmp_path):
    path = tmp_path / "film.fr.srt"
    text = "1\n00:00:01,000 --> 00:00:02,000\nDéjà vu à l’été, ça alors\n"
    path.write_bytes(text.encode("cp1252"))
    read = subtitle_io.read_file(path)
    assert (read.encoding, read.subtitles.language) == ("cp1252", "fr")
    assert read.subtitles.cues[0].text == "Déjà vu à l’été, ça alors"


BROKEN = {
    "time.srt": (b"1\n00:00:01,000 --> 00:00:0x,000\nHi\n", "line 2"),
    "arrow.srt": (b"1\n00:00:01,000 -> 00:00:02,000\nHi\n\n2\n00:00:03,000 --> 4\nx\n", "line 1"),
    "minutes.srt": (b"1\n00:61:01,000 --> 00:62:02,000\nHi\n", "line 2"),
    "backwards.srt": (b"1\n00:00:03,000 --> 00:00:02,000\nHi\n", "ends before it begins"),
    "loose.vtt": (b"WEBVTT\n\nHello\nyou\n", "line 3"),
    "time.vtt": (b"WEBVTT\n\n1\n00:01.000 --> later\nHello\n", "line 4"),
    "fields.ass": (b"[Script Info]\n[Events]\nDialogue: 0,0:00:01.00\n", "line 3"),
    "time.ass": (b"[Script Info]\n[Events]\nDialogue: 0,soon,0:00:01.00,a,b,0,0,0,,x\n", "line 3"),
    "open.ttml": (b"<tt>\n<body>\n<div>", "line 3"),
    "other.xml": (b"<html><body/></html>", "not TTML"),
    "time.ttml": (b'<tt><body><div><p begin="soon" end="1s">x</p></div></body></tt>', "soon"),
    "rate.ttml": (b'<tt frameRate="0"><body><div/></body></tt>', "frame rate"),
    "cut.json": (b'{"subtitles": {"cues": [', "no JSON"),
    "other.json": (b'{"a": 1}', "not the JSON"),
    "empty.srt": (b"", "holds no subtitles"),
    "text.txt": (b"Just some text.", "holds no subtitles"),
    "none.vtt": (b"WEBVTT\n\n", "holds no cue"),
    "binary.srt": (bytes(range(128, 256)) * 8, "line 1"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_broken_files_are_refused_with_the_place(tmp_path, name):
    content, wanted = BROKEN[name]
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(UnsupportedMedia) as raised:
        subtitle_io.read(path)
    assert name in raised.value.message and wanted in raised.value.message


def test_hostile_files_cost_little(tmp_path):
    bomb = '<?xml version="1.0"?><!DOCTYPE tt [<!ENTITY a "ha">' + "".join(
        f'<!ENTITY {chr(97 + n)} "{f"&{chr(96 + n)};" * 10}">' for n in range(1, 20)
    )
    hour = "00:00:01,000 --> 00:00:02,000\nx\n\n"
    deep = "<span>" * 200_000 + "x" + "</span>" * 200_000
    hostile = {
        "entities.ttml": f"{bomb}]><tt><body><div><p begin='0s' end='1s'>&t;</p></div></body></tt>",
        "line.srt": f"1\n00:00:01,000 --> 00:00:02,000\n{'x' * 10_000_000}\n",
        "line.vtt": f"WEBVTT\n\n00:01.000 --> 00:02.000\n{'x' * 10_000_000}\n",
        "cues.srt": hour * 1_000_000,
        "cues.vtt": "WEBVTT\n\n" + hour.replace(",", ".") * 300_000,
        "cues.ass": "[Script Info]\n" + "Dialogue: 0,0:00:01.00,0:00:02.00,a,,0,0,0,,x\n" * 200_000,
        "deep.ttml": f"<tt><body><div><p begin='0s' end='1s'>{deep}</p></div></body></tt>",
        "divisions.ttml": f"<tt><body>{'<div>' * 100_000}{'</div>' * 100_000}</body></tt>",
        "deep.json": "{" + '"a":{' * 200_000,
        "number.json": '{"a": ' + "9" * 5_000_000 + "}",
        "huge.srt": "x" * (33 * 2**20),
        "arrows.srt": "-->" * 6000 + "\n" + hour,
        "tags.srt": f"1\n00:00:01,000 --> 00:00:02,000\n{'<i ' * 6000}\n",
    }
    for name, text in hostile.items():
        path = tmp_path / name
        path.write_text(text)
        start = time.monotonic()
        try:
            subtitle_io.read(path)
        except (LimitExceeded, UnsupportedMedia) as exc:
            assert len(str(exc)) < 400  # it does not print the file
        else:
            assert name == "tags.srt", name
        assert time.monotonic() - start < 10, name
        path.unlink()


def test_an_endless_file_is_not_read_and_a_pipe_not_waited_for(tmp_path):
    pipe = tmp_path / "pipe.srt"
    os.mkfifo(pipe)
    for path in (pipe, Path("/dev/zero"), tmp_path):
        with pytest.raises(UnsupportedMedia):
            subtitle_io.read(path)
    with pytest.raises(NoSuchMedia):
        subtitle_io.read(tmp_path / "missing.srt")
    sparse = tmp_path / "sparse.srt"
    with sparse.open("wb") as file:
        file.truncate(2**40)
    tracemalloc.start()
    with pytest.raises(LimitExceeded):
        subtitle_io.read(sparse)
    assert tracemalloc.get_traced_memory()[1] < 200 * 2**20
    tracemalloc.stop()


def test_text_cannot_break_out_of_its_cue(tmp_path):
    nasty = cue("1", "2", "a --> b", "{\\an8}{\\p1}", "", "x\n\n99", "<v Eve>hi", "\x07bell")
    track = Subtitles("en", (nasty, cue("3", "4", "after")))
    for format in subtitle_io.FORMATS:
        path = tmp_path / f"a.{format}"
        subtitle_io.write(track, path)
        back = subtitle_io.read(path).cues
        assert len(back) == 2 and back[1].text == "after", format


def test_writing_says_what_is_wrong(tmp_path):
    with pytest.raises(RequestError, match="no subtitle format"):
        subtitle_io.write(TRACK, tmp_path / "a.doc")
    (tmp_path / "file").write_text("x")
    with pytest.raises(EncodeFailed):
        subtitle_io.write(TRACK, tmp_path / "file" / "a.srt")
