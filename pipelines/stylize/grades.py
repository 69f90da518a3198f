"""Grades: looks that are functions of colour, kept as tables."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from studio.media.lut import Lut

Colours = NDArray[np.float64]
#: ITU-R BT.709, on the coded values: what the eye takes for lightness, near enough for a grade.
_LUMA = np.array([0.2126, 0.7152, 0.0722])


def _luma(colours: Colours) -> Colours:
    grey: Colours = (colours @ _LUMA)[..., None]
    return grey


def _saturated(colours: Colours, share: float) -> Colours:
    grey = _luma(colours)
    return grey + (colours - grey) * share


def _contrasted(colours: Colours, share: float) -> Colours:
    """An S through black, middle grey and white; ``share`` 0 is none, 1 strong."""
    smooth = colours * colours * (3 - 2 * colours)
    mixed: Colours = colours + (smooth - colours) * share
    return mixed


def _tinted(colours: Colours, shadows: tuple[float, ...], lights: tuple[float, ...]) -> Colours:
    """Colour added to what is dark and to what is light, lightness kept."""
    grey = np.clip(_luma(colours), 0, 1)
    shift = (1 - grey) ** 2 * np.array(shadows) + grey**2 * np.array(lights)
    shift = shift * 4 * grey * (1 - grey) + shift * 0.25
    shift = shift - _luma(shift)
    tinted: Colours = colours + shift
    return tinted


def _toned(colours: Colours, tone: tuple[float, ...]) -> Colours:
    """One hue, from black over ``tone`` to white."""
    grey = _luma(colours)
    power = np.log(np.array(tone)) / np.log(0.5)
    toned: Colours = np.power(np.clip(grey, 0, 1), power)
    return toned


#: Name to the colours ``(..., 3)``, 0 to 1, that take the place of colours.
GRADES: Mapping[str, Callable[[Colours], Any]] = {
    "warm": lambda c: _tinted(
        c * np.array([1.04, 1.0, 0.92]), (0.03, 0, -0.03), (0.05, 0.01, -0.05)
    ),
    "cool": lambda c: _tinted(c * np.array([0.94, 1.0, 1.05]), (-0.03, 0, 0.05), (-0.03, 0, 0.03)),
    "mono": lambda c: np.repeat(_contrasted(_luma(c), 0.3), 3, axis=-1),
    "sepia": lambda c: _toned(_contrasted(c, 0.15), (0.58, 0.49, 0.38)),
    "cyanotype": lambda c: _toned(_contrasted(c, 0.15), (0.34, 0.5, 0.66)),
    "bleach": lambda c: _contrasted(_saturated(c, 0.45), 0.8),
    "vivid": lambda c: _contrasted(_saturated(c, 1.35), 0.25),
    "faded": lambda c: 0.09 + 0.84 * _saturated(_contrasted(c, -0.25), 0.75),
    "teal-orange": lambda c: _contrasted(
        _tinted(c, (-0.10, 0.03, 0.10), (0.11, 0.02, -0.10)), 0.25
    ),
    "night": lambda c: _tinted(
        _saturated(c, 0.55) ** 1.25 * np.array([0.62, 0.75, 0.95]), (-0.02, 0, 0.05), (0, 0, 0)
    ),
}


def grade(name: str) -> Lut:
    """The table of a grade.

    Raises:
        KeyError: there is none of that name.
    """
    return Lut.from_function(name, GRADES[name])
