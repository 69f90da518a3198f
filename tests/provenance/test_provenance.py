"""Signed films: what is read back, what an independent reader says, and what breaks them."""

from __future__ import annotations

import json
import struct
from concurrent.futures import ThreadPoolExecutor
from fractions import Fraction

import numpy as np
import pytest
from cryptography import x509

from studio.errors import NoSuchMedia, PolicyError, RequestError
from studio.media.film_mark import FilmMark
from studio.media.made_film import write_film
from studio.media.still import write_still
from studio.media.xmp import append_xmp, source_type_of
from studio.provenance.identity import identity
from studio.provenance.manifest_place import C2PA_UUID, carries_manifest
from studio.provenance.reading import read_provenance
from studio.provenance.signing import Ingredient, Statement, carry_on, sign
from studio.provenance.telling import tell
from studio.settings import Settings
from studio.types.timecode import FrameRate
from tests.footage import ffmpeg
from tests.provenance.independent import boxes, verify

MARK = FilmMark(
    ("studio", "anchor", "a.md"), {"a.md": "0" * 64}, {"piper": "f32"}, "media-studio 1", "d",
    "made", True,
)  # fmt: skip


@pytest.fixture(scope="module")
def settings(tmp_path_factory):
    folder = tmp_path_factory.mktemp("house")
    return Settings(data_dir=folder / "data", cache_dir=folder / "cache")


def film(path, seed=0):
    noise = np.random.default_rng(seed).integers(0, 255, (30, 96, 128, 3), np.uint8)
    write_film(path, iter(noise), (128, 96), FrameRate(Fraction(25)), threads=1, mark=MARK)
    return path


@pytest.fixture(scope="module")
def signed(settings, tmp_path_factory):
    folder = tmp_path_factory.mktemp("signed")
    path = film(folder / "a.mp4")
    append_xmp(path, "made")
    portrait = folder / "ada.png"
    write_still(portrait, np.zeros((8, 8, 3), np.uint8))
    house = {"draft": "", "approved_by": "Ada", "approved_at": "2026-11-22", "consents": []}
    sign(path, Statement("a.mp4", MARK, (Ingredient(portrait),), house), settings)
    return path


def test_the_identity_is_the_machines_own_and_private(settings, tmp_path):
    who = identity(settings)
    folder = settings.data_dir / "identity"
    assert identity(settings) == who and "PRIVATE" not in repr(who)
    assert {p.name: p.stat().st_mode & 0o777 for p in folder.iterdir()} == {
        "key.pem": 0o600,
        "chain.pem": 0o600,
    }
    leaf, root = x509.load_pem_x509_certificates(who.chain_pem)
    leaf.verify_directly_issued_by(root)
    other = Settings(data_dir=tmp_path)
    assert identity(other).name != who.name
    (tmp_path / "identity" / "chain.pem").write_bytes(who.chain_pem)
    with pytest.raises(PolicyError, match="not that of the certificate"):
        identity(other)


def test_two_at_first_use_have_one_identity(tmp_path):
    (tmp_path / "identity").mkdir()  # as what locks work in leaves it
    settings = Settings(data_dir=tmp_path)
    with ThreadPoolExecutor(8) as pool:
        names = set(pool.map(lambda _: identity(settings).name, range(16)))
    assert names == {identity(settings).name}
    assert [p.name for p in tmp_path.iterdir()] == ["identity"]


def test_damage_of_any_kind_is_told_and_nothing_falls(settings, signed, tmp_path):
    """Files that are no longer what they were, each in its own way, through the reader."""
    rng = np.random.default_rng(7)
    data = signed.read_bytes()
    manifest = next(b for b in boxes(data) if b.kind == "uuid" and b.body[:16] == C2PA_UUID)
    path = tmp_path / "t.mp4"
    states = []
    for _ in range(40):
        hurt = bytearray(data)
        place = manifest.at + int(rng.integers(8, len(manifest.raw)))
        match rng.integers(4):
            case 0:
                hurt[place] ^= 1 << int(rng.integers(8))
            case 1:
                del hurt[place : place + int(rng.integers(1, 400))]
            case 2:
                hurt[place : place + 4] = b"\xff\xff\xff\xff"
            case 3:
                hurt = hurt[:place]
        path.write_bytes(hurt)
        found = read_provenance(path, settings)
        assert tell(found)
        states.append(found.state)
    assert set(states) <= {"altered", "unreadable", "unsigned", "stripped", "intact"}
    # What fills a manifest up to its reserved room may change; nothing else may.
    assert states.count("intact") <= 25 and "unreadable" in states


def test_what_is_signed_is_read_back_and_told(settings, signed, tmp_path):
    found = read_provenance(signed, settings)
    assert (found.state, found.signer_known, found.problems) == ("intact", True, ())
    assert found.mark == MARK and found.manifests[0].mark == MARK
    assert found.manifests[0].source_types == ("trainedAlgorithmicMedia",)
    assert found.source_type == source_type_of(signed) == "trainedAlgorithmicMedia"
    assert found.manifests[0].made_from == ("ada.png",)
    said = "\n".join(tell(found))
    for words in ("nothing was altered", "own identity", "approved by Ada", "studio anchor a.md"):
        assert words in said
    # On another machine the signer is nobody that is known; the film is unaltered all the same.
    abroad = read_provenance(signed, Settings(data_dir=tmp_path / "elsewhere"))
    assert (abroad.state, abroad.signer_known) == ("intact", False)
    assert "no authority" in "\n".join(tell(abroad))
    with pytest.raises(NoSuchMedia):
        read_provenance(tmp_path / "none.mp4", settings)


def test_an_independent_reader_agrees(settings, signed):
    found = verify(signed)
    assert (found.chain_holds, found.signature_holds) == (True, True)
    assert (found.assertions_hold, found.content_holds) == (True, True)
    assert identity(settings).name in found.signer
    assert found.assertions["org.media-studio.mark"]["command"] == list(MARK.command)
    did = found.assertions["c2pa.actions.v2"]["actions"]
    assert [a["action"] for a in did] == ["c2pa.created", "c2pa.placed"]
    assert did[0]["digitalSourceType"].endswith("/trainedAlgorithmicMedia")


def test_each_way_of_tampering_is_found(settings, signed, tmp_path):
    data = signed.read_bytes()
    outer = boxes(data)
    mdat = next(b for b in outer if b.kind == "mdat")
    xmp = [b for b in outer if b.kind == "uuid"][-1]
    manifest = next(b for b in outer if b.kind == "uuid" and b.body[:16] == C2PA_UUID)
    assert xmp.at != manifest.at

    def flipped(at):
        return data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]

    def swapped():
        """Two pictures change places: as many bytes of each, cut from the middle of the film."""
        one, two = mdat.at + len(mdat.raw) // 3, mdat.at + 2 * len(mdat.raw) // 3
        a, b = data[one : one + 400], data[two : two + 400]
        assert a != b
        return data[:one] + b + data[one + 400 : two] + a + data[two + 400 :]

    other = film(tmp_path / "other.mp4", seed=1)
    glued = _with_manifest(other.read_bytes(), manifest.raw)
    signature = data.index(b"c2pa.signature")
    cases = {
        "a byte of a picture": flipped(mdat.at + len(mdat.raw) // 2),
        "a byte of an index": flipped(outer[[b.kind for b in outer].index("moov")].at + 60),
        "a byte of the XMP": flipped(xmp.at + 400),
        "a word of the mark": data.replace(b"a.md", b"b.md", 1),
        "a byte of the signature": flipped(signature + 1200),
        "pictures that changed places": swapped(),
        "the manifest of another film": glued,
        "something appended": data + struct.pack(">I4s", 16, b"mdat") + b"12345678",
        "cut short": data[: mdat.at + len(mdat.raw) // 2],
    }
    for name, changed in cases.items():
        path = tmp_path / "t.mp4"
        path.write_bytes(changed)
        found = read_provenance(path, settings)
        assert found.state in ("altered", "unreadable"), name
        assert not tell(found)[0].endswith("nothing was altered since."), name
    for name in ("a byte of a picture", "pictures that changed places"):
        path.write_bytes(cases[name])
        assert not verify(path).content_holds, name
    path.write_bytes(cases["a word of the mark"])
    assert not verify(path).assertions_hold


def test_a_signature_that_was_taken_off_is_missed(settings, signed, tmp_path):
    copy = tmp_path / "copy.mp4"
    ffmpeg("-i", signed, "-c", "copy", copy)
    found = read_provenance(copy, settings)
    assert found.state == "stripped" and not carries_manifest(copy)
    assert "taken off" in tell(found)[0]
    plain = tmp_path / "plain.mp4"
    ffmpeg("-i", signed, "-c", "copy", "-map_metadata", "-1", plain)
    assert read_provenance(plain, settings).state == "unsigned"


def test_a_film_made_from_a_signed_one_carries_its_chain_on(settings, signed, tmp_path):
    mark = FilmMark(("studio", "stylize", "a.mp4"), {"a.mp4": "0"}, software="media-studio 1")
    made = film(tmp_path / "b.mp4", seed=2)
    loose = film(tmp_path / "loose.mp4", seed=3)
    assert carry_on(made, [loose], mark, settings) == () and not carries_manifest(made)
    (note,) = carry_on(made, [signed, loose], mark, settings)
    assert "a.mp4 carries a signed manifest" in note
    assert carry_on(made, [signed], mark, settings) == ()  # it is signed already
    third = film(tmp_path / "c.mp4", seed=4)
    carry_on(third, [made], mark, settings)
    found = read_provenance(third, settings)
    assert [m.title for m in found.manifests] == ["c.mp4", "b.mp4", "a.mp4"]
    assert found.state == "intact" and found.manifests[0].actions[0] == "c2pa.opened"
    assert found.manifests[1].made_from == ("a.mp4", "loose.mp4")
    assert found.manifests[0].source_types == ("compositeWithTrainedAlgorithmicMedia",)
    checked = verify(third)
    assert checked.content_holds and checked.signature_holds and len(checked.parents) == 2
    # A parent that was altered before it was taken in is told, not passed over.
    broken = tmp_path / "broken.mp4"
    data = signed.read_bytes()
    mdat = next(b for b in boxes(data) if b.kind == "mdat")
    at = mdat.at + len(mdat.raw) // 2
    broken.write_bytes(data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :])
    fourth = film(tmp_path / "d.mp4", seed=5)
    carry_on(fourth, [broken], mark, settings)
    doubts = read_provenance(fourth, settings).manifests[0].doubts
    assert doubts and "broken.mp4" in doubts[0]


def test_pictures_are_signed_as_films_are(settings, tmp_path):
    png = tmp_path / "a.png"
    write_still(png, np.random.default_rng(0).integers(0, 255, (40, 40, 3), np.uint8), MARK)
    sign(png, Statement("a.png", MARK), settings)
    assert carries_manifest(png) and read_provenance(png, settings).state == "intact"
    assert read_provenance(png, settings).source_type == "trainedAlgorithmicMedia"
    data = bytearray(png.read_bytes())
    data[-30] ^= 1
    png.write_bytes(data)
    assert read_provenance(png, settings).state != "intact"
    jpeg, mov = tmp_path / "a.jpg", tmp_path / "a.mov"
    ffmpeg("-f", "lavfi", "-i", "testsrc=s=64x64:d=1:r=5", "-frames:v", 1, jpeg)
    ffmpeg("-f", "lavfi", "-i", "testsrc=s=64x64:d=1:r=5", "-c:v", "prores_ks", mov)
    for path in (jpeg, mov):
        assert not carries_manifest(path)
        sign(path, Statement(path.name, MARK), settings)
        assert carries_manifest(path) and read_provenance(path, settings).state == "intact"
    text = tmp_path / "a.txt"
    text.write_text("words")
    with pytest.raises(RequestError, match="no file that can be signed"):
        sign(text, Statement("a.txt", MARK), settings)


def test_the_command_says_so_with_its_exit_code(settings, signed, tmp_path, monkeypatch, capsys):
    from typer.testing import CliRunner

    from ui.cli import app

    monkeypatch.setenv("STUDIO_DATA_DIR", str(settings.data_dir))
    done = CliRunner().invoke(app, ["provenance", str(signed), "--json"])
    said = json.loads(done.stdout)
    assert done.exit_code == 0 and said["state"] == "intact" and "approved by Ada" in str(said)
    copy = tmp_path / "copy.mp4"
    ffmpeg("-i", signed, "-c", "copy", copy)
    done = CliRunner().invoke(app, ["provenance", str(copy)])
    assert done.exit_code == 1 and "taken off" in done.stdout


def test_what_the_studio_makes_from_a_signed_file_is_signed_after_it(settings, signed, tmp_path):
    from pipelines import stylize
    from studio.jobs.job import Job

    photo = tmp_path / "photo.png"
    write_still(photo, np.zeros((40, 40, 3), np.uint8), MARK)
    sign(photo, Statement("photo.png", MARK), settings)
    job, options = Job(settings), stylize.Options(out=tmp_path / "out", looks=("warm",))
    for source, kind in ((signed, "film"), (photo, "picture")):
        made = stylize.run(source, options, job)
        found = read_provenance(made.files[kind], settings)
        assert [m.title for m in found.manifests] == [made.files[kind].name, source.name]
        assert found.state == "intact" and found.manifests[0].mark.command == made.command
        assert any("names it as parent" in note for note in made.notes)
    # Made once more it is found there, and is still the same signed film.
    path = next((tmp_path / "out").glob("a.*.mp4"))
    before = path.read_bytes()
    assert any("was there already" in n for n in stylize.run(signed, options, job).notes)
    assert path.read_bytes() == before and read_provenance(path, settings).state == "intact"
    # So is a film with its subtitles burnt in.
    from pipelines.subtitles.pipeline import _carried
    from studio.media.probe import probe

    burnt = film(tmp_path / "a.subtitled.mp4", seed=8)
    assert _carried({"burnt": burnt}, probe(signed), job)
    found = read_provenance(burnt, settings)
    assert [m.title for m in found.manifests] == [burnt.name, "a.mp4"]
    assert found.manifests[0].actions == ("c2pa.opened", "c2pa.edited")
    assert found.manifests[0].source_types == ()  # letters are no model's work
    # Of a source that carries none, nothing is signed.
    plain = stylize.run(film(tmp_path / "plain.mp4", seed=9), options, job)
    assert read_provenance(plain.files["film"], settings).state == "unsigned"


def _with_manifest(data, manifest):
    """A film with the manifest of another put where its own would lie."""
    ftyp = boxes(data)[0]
    return ftyp.raw + manifest + data[len(ftyp.raw) :]
