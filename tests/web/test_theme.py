"""The palette can be read: WCAG 2.2, level AA."""

from __future__ import annotations

import itertools
import re

import pytest

from ui.web.theme import PALETTE, stylesheet

LIGHT_AND_DARK = (0, 1)


def luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(a: str, b: str) -> float:
    lighter, darker = sorted((luminance(a), luminance(b)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def test_the_measure_is_right():
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


TEXT = [
    *itertools.product(("text", "quiet", "accent", "danger"), ("ground", "panel", "raised")),
    ("on-accent", "accent"),
    ("on-accent", "accent-strong"),
    *itertools.product(("text", "accent", "quiet"), ("tint",)),
    *itertools.product(("text", "danger"), ("danger-tint",)),
    ("warn", "warn-tint"),
]
SHAPES = [
    *itertools.product(("edge", "accent"), ("ground", "panel")),
    *itertools.product([name for name in PALETTE if name.startswith("role-")], ("panel",)),
]


@pytest.mark.parametrize("light", LIGHT_AND_DARK)
@pytest.mark.parametrize(("front", "back"), TEXT)
def test_text_is_readable(front, back, light):
    assert contrast(PALETTE[front][light], PALETTE[back][light]) >= 4.5


@pytest.mark.parametrize("light", LIGHT_AND_DARK)
@pytest.mark.parametrize(("front", "back"), SHAPES)
def test_shapes_are_visible(front, back, light):
    assert contrast(PALETTE[front][light], PALETTE[back][light]) >= 3


def test_the_rules_use_only_colours_that_exist():
    rules = stylesheet()
    used = set(re.findall(r"var\(--st-([a-z-]+)\)", rules))
    assert len(used) > 15
    assert used <= set(PALETTE)
    assert "http" not in rules


def test_an_event_tells_one_component_how_it_goes(page):
    """Else the browser looks for hundreds of components with each event, polls among them."""
    asked = [d for d in page.client.get("/config").json()["dependencies"] if d["backend_fn"]]
    assert len(asked) > 100
    assert {len(d["show_progress_on"] or d["outputs"]) for d in asked} == {1}
