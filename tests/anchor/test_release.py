"""No film without its label: what is stamped, found again, and let out or held back."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from fractions import Fraction

import numpy as np
import pytest

from pipelines.anchor import approvals
from pipelines.anchor.consents import ConsentRegister, consent_of
from pipelines.anchor.disclosure import gate, release
from pipelines.anchor.policy import Airing
from pipelines.anchor.script import parse_script
from studio.errors import ConsentMissing, DisclosureRequired, RequestError
from studio.media.disclosure_label import CAPITAL_SHARE, audit_label, stamp_for
from studio.media.film_mark import FilmMark
from studio.media.made_film import write_film
from studio.media.probe import frame_times, probe
from studio.media.still import write_still
from studio.provenance.reading import read_provenance
from studio.settings import Settings
from studio.types.timecode import FrameRate

SIZE = (320, 180)
MARK = FilmMark(("studio", "anchor", "a.md"), {}, software="s 1", deed="made", signed=True)


@pytest.fixture()
def settings(tmp_path):
    return Settings(data_dir=tmp_path / "data", cache_dir=tmp_path / "cache")


@pytest.fixture()
def wanted(tmp_path, settings):
    """A segment with a portrait, consented to and approved."""
    photo = tmp_path / "ada.png"
    write_still(photo, np.zeros((8, 8, 3), np.uint8))
    letter = tmp_path / "letter.txt"
    letter.write_text("signed")
    until = (date.today() + timedelta(days=2)).isoformat()
    words = {"person": "Ada", "recorded_by": "Kim", "until": until, "evidence": letter}
    ConsentRegister(settings).add(consent_of(photo, **words))
    airing = Airing(parse_script("안녕하십니까.", "a"), "ada", photo, aired={"voice": "v"})
    approvals.approve(airing, "Kim", settings)
    return airing


def grounds(count=26):
    """Black, white, noise and stripes: what a label must be read over."""
    rng = np.random.default_rng(0)
    for number in range(count):
        picture = np.zeros((SIZE[1], SIZE[0], 3), np.uint8)
        match number * 4 // count:
            case 1:
                picture[:] = 255
            case 2:
                picture[:] = rng.integers(0, 255, picture.shape, np.uint8)
            case 3:
                picture[:, (np.arange(SIZE[0]) + number) // 8 % 2 == 0] = (230, 40, 40)
        yield picture


def film(path, disclosure=None, without=(), mark=MARK, count=26):
    def stamped():
        for number, picture in enumerate(grounds(count)):
            if disclosure is not None and number not in without:
                disclosure.stamp(SIZE)(picture)
            yield picture

    write_film(path, stamped(), SIZE, FrameRate(Fraction(25)), threads=1, mark=mark)
    return path


def test_an_approved_film_is_labelled_signed_and_let_out(settings, wanted, tmp_path):
    given = gate(wanted, settings)
    path = film(tmp_path / "out.mp4", given)
    let = release(path, given, settings, title="news.mp4")
    assert (let.audit.frames, let.audit.seconds, let.audit.missing_s) == (26, 2, ())
    assert let.audit.least_likeness > 0.97 and let.audit.least_levels is None
    found = read_provenance(path, settings)
    assert found.state == "intact" and found.signer_known
    assert found.source_type == "trainedAlgorithmicMedia"
    own = found.manifests[0]
    assert own.title == "news.mp4" and own.made_from == ("ada.png",)
    assert own.house["approved_by"] == "Kim" and own.house["draft"] == ""
    assert own.house["approval"] == approvals.read_log(settings)[-1].digest
    assert own.house["script_sha256"] == wanted.script.digest
    # What goes everywhere names the consent, not the person.
    assert own.house["consents"][0]["purpose"] == "anchor" and "Ada" not in str(own.house)


def test_a_draft_says_so_across_every_frame(settings, wanted, tmp_path):
    given = gate(replace(wanted, draft=True), settings)
    path = film(tmp_path / "out.mp4", given)
    let = release(path, given, settings, title="draft.mp4")
    assert let.audit.passed and let.audit.least_levels > 50
    assert read_provenance(path, settings).manifests[0].house["draft"]
    # The label alone does not make a draft: its watermark is looked for too.
    approved = film(tmp_path / "approved.mp4", gate(wanted, settings))
    with pytest.raises(DisclosureRequired, match=r"watermark in second 0, 1"):
        release(approved, given, settings, title="draft.mp4")


@pytest.mark.parametrize("without", [{0}, {25}, set(range(26))])
def test_one_frame_without_its_label_holds_a_film_back(settings, wanted, tmp_path, without):
    given = gate(wanted, settings)
    path = film(tmp_path / "out.mp4", given, without)
    before = path.read_bytes()
    seconds = ", ".join(str(s) for s in sorted({n // 25 for n in without}))
    with pytest.raises(DisclosureRequired, match=f"label in second {seconds}"):
        release(path, given, settings, title="news.mp4")
    assert path.read_bytes() == before  # nothing was signed


def test_what_changed_meanwhile_holds_a_film_back(settings, wanted, tmp_path):
    given = gate(wanted, settings)
    path = film(tmp_path / "out.mp4", given, count=10)
    approvals.withdraw(wanted.script.digest, "Kim", settings)
    with pytest.raises(DisclosureRequired, match="no longer: Kim withdrew"):
        release(path, given, settings, title="news.mp4")
    approvals.approve(wanted, "Kim", settings)
    portrait = wanted.portrait.read_bytes()
    wanted.portrait.write_bytes(portrait + b"\0")
    with pytest.raises(ConsentMissing, match="No consent"):
        release(path, given, settings, title="news.mp4")
    wanted.portrait.write_bytes(portrait)
    register = ConsentRegister(settings)
    register.revoke(register.all()[0].consent.id, "Ada")
    with pytest.raises(ConsentMissing, match="was revoked"):
        release(path, given, settings, title="news.mp4")
    with pytest.raises(DisclosureRequired, match="did not come from the gate"):
        release(path, replace(given, watermark=" "), settings, title="news.mp4")


@pytest.mark.parametrize(
    ("mark", "said"),
    [(None, "does not say what made it"), (replace(MARK, signed=False), "in its tags")],
)
def test_a_film_without_its_marks_is_held_back(settings, wanted, tmp_path, mark, said):
    given = gate(wanted, settings)
    path = film(tmp_path / "out.mp4", given, mark=mark, count=10)
    with pytest.raises(DisclosureRequired, match=said):
        release(path, given, settings, title="news.mp4")


@pytest.mark.parametrize("size", [(1920, 1080), (1080, 1920), (640, 360), (160, 160)])
@pytest.mark.parametrize("corner", ["top-left", "bottom-right"])
def test_the_label_lies_in_a_safe_corner_and_is_high_enough(size, corner):
    stamp = stamp_for(size, "AI-generated", "", corner)
    x0, y0, x1, y1 = stamp.box_xyxy
    width, height = size
    assert 0.045 * width <= x0 and x1 <= 0.955 * width
    assert 0.045 * height <= y0 and y1 <= 0.955 * height
    # The white of the letters spans at least a capital's height.
    rows = np.flatnonzero((stamp.label[:, 4:-4].min(axis=2) > 150)[4:-4].any(axis=1))
    assert np.ptp(rows) + 1 >= max(11, CAPITAL_SHARE * min(size)) - 2
    # Letters stand out from the plate by more than WCAG's 7:1, whatever lies below.
    for ground in (0, 255):
        frame = np.full((height, width, 3), ground, np.uint8)
        stamp(frame)
        plate = frame[(y0 + y1) // 2, x0 + (y1 - y0) // 8]
        assert (_light(255) + 0.05) / (_light(plate.max()) + 0.05) > 7
        rim = frame[y0, (x0 + x1) // 2]
        assert ground == 255 or rim.min() > 150  # an edge on black; on white the plate is one


def test_what_is_too_small_is_refused():
    with pytest.raises(RequestError, match="cannot be read"):
        stamp_for((120, 90), "AI-generated")


def test_another_language_is_another_label(settings, wanted, tmp_path):
    path = film(tmp_path / "out.mp4", gate(wanted, settings), count=10)
    info = probe(path)
    times = frame_times(info)
    assert not audit_label(info, times, stamp_for(SIZE, "AI-generated")).passed
    assert audit_label(info, times, stamp_for(SIZE, "AI 생성")).passed


def _light(value):
    share = float(value) / 255
    return share / 12.92 if share <= 0.03928 else ((share + 0.055) / 1.055) ** 2.4
