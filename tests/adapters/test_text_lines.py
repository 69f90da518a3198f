"""Text in pictures: rendered over real frames, so that the truth is known."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from studio.adapters import text_lines
from studio.media.cards import font_path
from tests.footage import package_file
from tests.picture_pool import picture_pool

__all__ = ["picture_pool"]

WORDS = (
    "BREAKING NEWS",
    "Harbour freight up 12.5%",
    "www.example.org",
    "Dr. Mira Holm, Economist",
    "LIVE 20:45",
    "Exit 27B",
    "Platform 9",
    "Tickets from 15",
    "Chapter Two",
    "North Pier Hotel",
)


@pytest.fixture(scope="module")
def reader(picture_pool):
    with picture_pool.lease(text_lines.SPEC) as model:
        yield model


@pytest.fixture(scope="module")
def backgrounds():
    names = ("bus.jpg", "zidane.jpg")
    found = [cv2.imread(str(package_file("ultralytics", f"assets/{n}")))[..., ::-1] for n in names]
    return [cv2.resize(p[: p.shape[1] * 9 // 16], (960, 540)) for p in found]


def drawn(picture, words, seed, turn_deg=0.0):
    """Words with an outline at drawn places, and their boxes in shares."""
    rng = np.random.default_rng(seed)
    image = Image.fromarray(np.ascontiguousarray(picture))
    boxes = []
    for row, text in enumerate(words):
        size = int(rng.integers(22, 40))
        font = ImageFont.truetype(str(font_path("Bold")), size)
        at = (int(rng.integers(20, 380)), 10 + row * 74 + int(rng.integers(0, 24)))
        layer = Image.new("RGBA", image.size)
        pen = ImageDraw.Draw(layer)
        pen.text(at, text, font=font, fill=(255, 255, 255), stroke_width=2, stroke_fill=(0, 0, 0))
        box = pen.textbbox(at, text, font=font)
        middle = ((box[0] + box[2]) / 2, (box[1] + box[3]) / 2)
        layer = layer.rotate(turn_deg, center=middle, resample=Image.Resampling.BICUBIC)
        image.paste(layer, mask=layer)
        boxes.append((middle[0] / image.width, middle[1] / image.height))
    return np.asarray(image), boxes


def plain(text):
    return "".join(c for c in text.casefold() if c.isalnum())


def test_words_over_real_pictures_are_found_and_read(reader, backgrounds):
    """Precision 0.95 at a recall of 0.8 and more, among what the reader is surest of; of the
    pictures' own text only what is known to stand there counts as right."""
    asked = right = told = 0
    own = ("electric", "emision", "cero", "emt", "madrid", "sol", "m30", "3014", "serrano")
    for seed in range(6):
        words = [WORDS[(seed * 3 + n) % len(WORDS)] for n in range(7)]
        picture, _ = drawn(backgrounds[seed % 2], words, seed, turn_deg=(seed % 3 - 1) * 6)
        found = reader.read(picture)
        sure = [t for t, s in zip(found.texts, found.scores, strict=True) if s >= 0.95]
        hits = [w for w in words if plain(w) in {plain(t) for t in sure}]
        asked += len(words)
        right += len(hits)
        strange = [
            t
            for t in sure
            if plain(t) not in {plain(w) for w in words}
            and not any(o in plain(t) for o in own)
            and len(plain(t)) > 1
        ]
        told += len(hits) + len(strange)
    print(f"\nrecall {right / asked:.3f} of {asked}, precision {right / told:.3f}")
    assert right / asked >= 0.8
    assert right / told >= 0.95


def test_a_line_lies_where_it_was_drawn(reader, backgrounds):
    picture, middles = drawn(backgrounds[1], ("Chapter Two", "Exit 27B"), 5, turn_deg=10)
    found = reader.read(picture)
    for text, middle in zip(("chaptertwo", "exit27b"), middles, strict=True):
        at = [plain(t) for t in found.texts].index(text)
        assert np.abs(found.corners[at].mean(axis=0) - middle).max() < 0.012
    assert found.corners.shape == (len(found.texts), 4, 2)


def test_the_reader_says_which_letters_it_knows(reader):
    assert set("ABCxyz019.,:%中文 ") <= set(reader.letters)
    assert not set("£€가") & set(reader.letters)


def test_a_plain_picture_has_no_text(reader):
    found = reader.read(np.full((360, 640, 3), 90, np.uint8))
    assert found.texts == ()
    assert found.corners.shape == (0, 4, 2)


def test_a_path_of_letters_is_spelt_without_doubles_and_blanks():
    letters = ("a", "b")
    steps = np.eye(3, dtype=np.float32)[[0, 1, 1, 0, 1, 2, 2, 0]]
    assert text_lines.spelt(steps, letters) == ("aab", 1.0)
    assert text_lines.spelt(steps[:1], letters) == ("", 0.0)
