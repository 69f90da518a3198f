"""Voices of a hub: fetched, pinned, leased, and what they say with its times."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from pipelines import anchor
from pipelines.anchor import voices
from pipelines.anchor.options import Options
from studio.adapters import espeak, kokoro, piper, supertonic
from studio.adapters.spoken_times import timed
from studio.archive.store import AnalysisStore
from studio.errors import RequestError, WeightsCorrupt, WeightsMissing
from studio.jobs.job import Job
from studio.models import fetch
from studio.models.pool import ModelPool
from studio.models.spec import AnySpec, HubFile
from studio.models.weights import sha256_of
from studio.settings import Settings
from studio.types.spoken import Speech
from tests import tiny_voices
from tests.models.hub_server import serving
from tests.picture_pool import picture_pool

__all__ = ["picture_pool"]

ENGLISH = "Of the people, by the people. A big bump, seven P M."
KOREAN = "서울입니다. 내일은 비가, 오겠습니다."


def _published(spec: AnySpec, folder: Path, styles: tuple[str, ...]) -> AnySpec:
    """The model of the catalogue with the hashes of the tiny files, and their speakers only."""
    assert spec.hub is not None
    files = []
    for file in spec.hub.files:
        assert len(file.sha256) == 64 and file.size_bytes, "the catalogue pins each file"
        path = folder / file.path
        if path.is_file():
            files.append(HubFile(file.path, sha256_of(path), path.stat().st_size))
        else:
            assert Path(file.path).stem in styles
    hub = replace(spec.hub, files=tuple(files))
    return replace(spec, hub=hub, resident_bytes=16 << 20, working_bytes=32 << 20)


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[ModelPool, dict[str, AnySpec]]]:
    """Both fetched from a hub on this machine; from then on nobody may ask the network."""
    from huggingface_hub import constants

    root = tmp_path_factory.mktemp("voices")
    made = {
        "supertonic": (supertonic.SPEC, tiny_voices.supertonic(root / "supertonic")),
        "kokoro": (kokoro.SPEC, tiny_voices.kokoro(root / "kokoro")),
    }
    speakers = (*supertonic.STYLES, *kokoro.STYLES)
    specs = {name: _published(spec, folder, speakers) for name, (spec, folder) in made.items()}
    repos = {s.hub.repo: {s.hub.revision: made[n][1]} for n, s in specs.items() if s.hub}
    with serving(repos) as server, pytest.MonkeyPatch.context() as patch:
        patch.setattr(constants, "ENDPOINT", server.url)
        template = server.url + "/{repo_id}/resolve/{revision}/{filename}"
        patch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", template)
        patch.setattr(constants, "HF_HUB_CACHE", str(root / "hub"))
        patch.setattr(constants, "HF_HUB_OFFLINE", False)
        settings = Settings(cache_dir=root / "cache", device="cpu", threads=1)
        pool = ModelPool(settings)
        for name, spec in specs.items():
            with pytest.raises(WeightsMissing, match="was not fetched") as caught:
                pool.lease(spec).__enter__()
            assert f"studio models fetch {name}" in str(caught.value)
            fetch.fetch(spec, settings.cache_dir, lambda _share, _message: None)

        def refuse(*_: object) -> None:
            raise AssertionError("asked the network")

        patch.setattr(socket.socket, "connect", refuse)
        patch.setattr(socket, "getaddrinfo", refuse)
        yield pool, specs


def _in_order(speech: Speech, text: str) -> None:
    assert [w.text for w in speech.words] == text.split()
    edges = [t for w in speech.words for t in (w.start, w.end)]
    assert edges == sorted(edges) and edges[0] >= 0 and edges[-1] <= speech.clip.duration
    ends = [p.end for p in speech.phonemes]
    assert all(p.start <= p.end for p in speech.phonemes) and ends == sorted(ends)
    assert {p.word for p in speech.phonemes} <= set(range(len(speech.words)))
    assert np.abs(speech.clip.samples).max() <= 1


def test_supertonic_says_a_text_in_one_way_and_tells_when(hub):
    pool, specs = hub
    with pool.lease(specs["supertonic"]) as voice:
        said, again = (voice.speak(KOREAN, language="ko") for _ in range(2))
        man = voice.styled("M1").speak(KOREAN, language="ko")
        fast = voice.speak(KOREAN, language="ko", speed=1.5)
        english = voice.speak(ENGLISH, language="en")
        long = voice.speak(" ".join([KOREAN] * 6), language="ko")
        for text, wants, says in (
            (KOREAN, {"language": "fr"}, "not fr"),
            (KOREAN, {"language": "ko", "speed": 0.5}, "0.5 times"),
            ("漢字 입니다", {"language": "ko"}, "cannot read"),
            ("가" * 601 + ".", {"language": "ko"}, "too long"),
        ):
            with pytest.raises(RequestError, match=says):
                voice.speak(text, **wants)
        with pytest.raises(RequestError, match="no speaker F9"):
            voice.styled("F9")
    _in_order(said, KOREAN)
    _in_order(english, ENGLISH)
    np.testing.assert_array_equal(said.clip.samples, again.clip.samples)
    assert said.clip.rate_hz == 44_100 and said.words == again.words
    assert man.clip.samples.shape == said.clip.samples.shape
    assert not np.array_equal(man.clip.samples, said.clip.samples)
    assert said.clip.duration / fast.clip.duration == pytest.approx(1.5, rel=0.01)
    # What is too long for one go is said sentence by sentence, with a breath between.
    _in_order(long, " ".join([KOREAN] * 6))
    assert len(supertonic.in_pieces(" ".join([KOREAN] * 6), 120)) == 2
    quiet = np.abs(long.clip.samples[0]) == 0
    runs = np.diff(np.flatnonzero(np.diff(np.concatenate([[0], quiet, [0]]))))[::2]
    assert runs.max() >= 0.3 * 44_100


def test_kokoro_tells_the_time_of_each_sign(hub):
    pool, specs = hub
    with pool.lease(specs["kokoro"]) as voice:
        said, slow = (voice.speak(ENGLISH, speed=speed) for speed in (1.0, 0.5))
        british = voice.styled("bm_george").speak("Go home, father.")
        american = voice.speak("Go home, father.")
        with pytest.raises(RequestError, match="not ko"):
            voice.speak(KOREAN, language="ko")
        with pytest.raises(RequestError, match="too long"):
            voice.speak("word " * 300)
    _in_order(said, ENGLISH)
    assert all(w.end > w.start for w in said.words)
    assert 1.8 < slow.clip.duration / said.clip.duration < 2.2
    # The organ sounds in every phoneme and is silent in every rest: the times are the graph's.
    sound, rate = said.clip.samples[0], said.clip.rate_hz
    rests = [p for p in said.phonemes if not p.ipa]
    assert len(rests) >= 5
    for phoneme in said.phonemes:
        piece = sound[round(phoneme.start * rate) : round(phoneme.end * rate)]
        loud = float(np.abs(piece).max(initial=0))
        assert loud < 1e-6 if not phoneme.ipa else loud > 0.3, phoneme
    assert american.clip.duration != british.clip.duration, "eSpeak speaks both dialects"
    signs = {sign: n for n, sign in enumerate(tiny_voices.SIGNS)}
    group = espeak.Group(0, 1, (("tʃ", 0), ("ˈoʊ", 10), ("z", 20), ("ɜː", 30)))
    made, owners = kokoro.signs_of(["chose,"], [group], signs)
    assert "".join(made) == "ʧˈOzɜɹ,."
    assert owners == [(0, 0), (0, 1), (0, 1), (0, 2), (0, 3), (0, 3), (-1, -1), (-1, -1)]


def test_a_segment_is_said_by_a_fetched_voice(hub, tmp_path, monkeypatch):
    pool, specs = hub
    job = Job(pool=pool, store=AnalysisStore(tmp_path / "store"))
    for name, spec in specs.items():
        named = replace(voices.VOICES[name], spec=spec)
        monkeypatch.setitem(voices.VOICES, name, named)
    path = tmp_path / "news.md"
    path.write_text(
        "# 항구\n\n항구가 오전 7시에 열렸습니다. [pause 1.0] 배가 떠났습니다.\n", "utf-8"
    )
    options = Options(out=tmp_path / "out", voice="supertonic:M1", stop_after="voice")
    made = anchor.run(path, options, job)
    assert made.voice == "supertonic:M1@3" and (made.made, made.kept) == (2, 0)
    assert any("OpenRAIL-M" in note for note in made.notes)
    assert abs(made.loudness_lufs + 23) < 0.3 and made.true_peak_dbtp <= -1
    again = anchor.run(path, options, job)
    assert (again.made, again.kept) == (0, 2)
    other = anchor.run(path, replace(options, voice="supertonic"), job)
    assert other.voice == "supertonic:F1@3" and other.made == 2, "another speaker says it anew"
    for wrong, says in (("supertonic:F9", "no voice supertonic:F9"), ("kokoro", "not speak ko")):
        with pytest.raises(RequestError, match=says):
            anchor.run(path, replace(options, voice=wrong), job)
    assert {"supertonic:F1", "kokoro:af_heart", "piper-joe"} <= set(voices.names())


def test_files_that_are_no_voice_are_named(hub, tmp_path):
    graph = tmp_path / "bad.onnx"
    graph.write_bytes(b"no graph")
    with pytest.raises(WeightsCorrupt, match=r"bad\.onnx"):
        kokoro.OnnxGraph("kokoro", graph, 1)
    for name in ("a.json", "a.bin"):
        (tmp_path / name).write_text("{}x")
    with pytest.raises(WeightsCorrupt, match=r"a\.json is no speaker"):
        supertonic._read_style(tmp_path / "a.json")
    with pytest.raises(WeightsCorrupt, match=r"a\.bin is no speaker"):
        kokoro._read_style(tmp_path / "a.bin")


def test_times_are_found_by_saying_it_again(picture_pool: ModelPool):
    text = "Fourteen ships left before noon, and the ferry runs every hour."
    with picture_pool.lease(piper.SPEC) as known, picture_pool.lease(espeak.SPEC) as guide:
        said = known.speak(text)
        found = timed(said.clip, text, guide, "en")
    _in_order(found, text)
    off = [abs(float(a.start - b.start)) for a, b in zip(found.words, said.words, strict=True)]
    assert np.median(off) < 0.03 and max(off) < 0.08
