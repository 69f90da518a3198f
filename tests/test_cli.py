"""The command's contract: what it prints where, and how it ends."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.footage import ffmpeg, music_video

ROOT = Path(__file__).resolve().parent.parent


def studio(*arguments: object, cwd: Path = ROOT, cache: Path | None = None, timeout: float = 120):
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    if cache is not None:
        environment["STUDIO_CACHE_DIR"] = str(cache)
    return subprocess.run(
        [sys.executable, "-m", "ui", *map(str, arguments)],
        capture_output=True,
        text=True,
        cwd=cwd,
        env=environment,
        timeout=timeout,
        check=False,
    )


def test_help_names_every_command():
    said = studio("--help")
    assert said.returncode == 0
    for command in ("trailer", "analyze", "models", "doctor", "demo", "ui"):
        assert command in said.stdout


def test_unknown_option_is_the_users_mistake():
    assert studio("trailer", "--no-such-option").returncode == 2


def test_doctor_tells_what_is_here_as_data():
    said = studio("doctor", "--json")
    assert said.returncode == 0
    report = json.loads(said.stdout)
    assert {row["package"]: row["state"] for row in report["packages"]}["av"] == "ok"
    # What a hub keeps is fetched when the user asks; all else has to be here.
    wanting = [row for row in report["models"] if row["state"] != "ok"]
    assert all(row["command"] == f"studio models fetch {row['model']}" for row in wanting)
    assert len(report["models"]) - len(wanting) >= 8
    assert len(report["ffmpeg"]) == 2


def test_models_list_and_where_agree():
    listed = {
        row["name"] for row in json.loads(studio("models", "list", "--json").stdout)["models"]
    }
    where = json.loads(studio("models", "where", "--json").stdout)["models"]
    assert {row["name"] for row in where} == listed
    assert all(Path(row["path"]).is_file() for row in where if row["state"] == "ok")
    assert all("not fetched" in row["state"] for row in where if row["state"] != "ok")
    assert {"transnetv2", "whisper-base"} <= {r["name"] for r in where if r["state"] == "ok"}


def test_models_verify_reads_the_weights_again(tmp_path):
    said = studio("models", "verify", "transnetv2", "--json", cache=tmp_path)
    assert said.returncode == 0
    assert [row["state"] for row in json.loads(said.stdout)["models"]] == ["ok"]


def test_an_unknown_model_is_named(tmp_path):
    said = studio("models", "verify", "nonesuch", cache=tmp_path)
    assert said.returncode == 2
    assert "nonesuch" in said.stderr


@pytest.fixture(scope="module")
def broken(tmp_path_factory) -> dict[str, Path]:
    """A file of each kind that cannot be used."""
    folder = tmp_path_factory.mktemp("broken")
    found = {"missing": folder / "missing.mp4", "folder": folder}
    for name in ("empty", "text", "truncated", "playlist", "concat"):
        found[name] = folder / f"{name}.mp4"
    found["empty"].write_bytes(b"")
    found["text"].write_text("this is not a film\n" * 200)
    found["truncated"].write_bytes(music_video().read_bytes()[:40_000])
    found["playlist"].write_text("#EXTM3U\n#EXTINF:5,\nhttp://127.0.0.1:9/a.ts\n#EXT-X-ENDLIST\n")
    found["concat"].write_text("ffconcat version 1.0\nfile '/etc/passwd'\n")
    found["audio_only"] = folder / "audio.m4a"
    ffmpeg("-f", "lavfi", "-i", "sine=440:duration=2", found["audio_only"])
    found["one_frame"] = folder / "one.mp4"
    ffmpeg("-f", "lavfi", "-i", "testsrc=s=320x180", "-frames:v", 1, found["one_frame"])
    found["narrow"] = folder / "narrow.mkv"
    ffmpeg("-f", "lavfi", "-i", "testsrc=s=3x64:d=2", "-c:v", "ffv1", found["narrow"])
    found["device"] = Path("/dev/zero")
    return found


KINDS = (
    "missing", "folder", "empty", "text", "truncated", "playlist", "concat", "audio_only",
    "one_frame", "narrow", "device",
)  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
def test_bad_footage_is_refused_with_a_reason_and_leaves_nothing(broken, kind, tmp_path):
    out = tmp_path / "out"
    said = studio("trailer", broken[kind], "--out", out, "--json", cache=tmp_path / "cache")
    assert said.returncode == 2, said.stderr
    error = json.loads(said.stdout)["error"]
    assert broken[kind].name in error["message"]
    assert error["hint"]
    assert not out.exists()


def test_bad_options_are_refused_before_anything_is_read(tmp_path):
    for option, value in (
        ("--length", "0"),
        ("--versions", "0"),
        ("--spoiler-window", "1"),
        ("--loudness", "3"),
        ("--memory-budget", "lots"),
        ("--from-plan", tmp_path / "no.json"),
    ):
        said = studio("trailer", music_video(), "--out", tmp_path / "out", option, value)
        assert said.returncode == 2, (option, said.stderr)
        assert "Traceback" not in said.stderr
    assert not (tmp_path / "out").exists()


def test_out_that_is_a_file_is_refused(tmp_path):
    (tmp_path / "file").write_text("precious")
    said = studio("trailer", music_video(), "--out", tmp_path / "file")
    assert said.returncode == 2
    assert (tmp_path / "file").read_text() == "precious"


def test_too_little_memory_is_said_with_what_to_do(tmp_path):
    said = studio(
        "analyze", music_video(), "--memory-budget", "8MiB", "--only", "shots", cache=tmp_path
    )
    assert said.returncode == 2
    assert "--memory-budget" in said.stderr
