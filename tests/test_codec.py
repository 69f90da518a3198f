import json
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst
from numpy.typing import NDArray

from studio.codec import from_json, to_json
from studio.errors import RequestError


class Colour(StrEnum):
    RED = "red"
    BLUE = "blue"


@dataclass(frozen=True)
class Dot:
    x: float
    colour: Colour = Colour.RED
    type: Literal["dot"] = "dot"


@dataclass(frozen=True)
class Line:
    ends: tuple[Fraction, Fraction]
    name: str | None = None
    type: Literal["line"] = "line"


@dataclass(frozen=True)
class Drawing:
    items: tuple[Dot | Line, ...]
    size_wh: tuple[int, int]
    path: Path
    mixed: int | str
    tags: dict[str, float]
    words: list[str]
    on: bool = False
    free: Any = None

    def __post_init__(self):
        if self.size_wh[0] < 0:
            raise ValueError("a width is not negative")


@dataclass(frozen=True)
class Measured:
    frames: NDArray[np.int64]
    luma: NDArray[np.float32]
    black: NDArray[np.bool_]


text = st.text(max_size=8)
fractions = st.fractions()
dots = st.builds(Dot, x=st.floats(allow_nan=False), colour=st.sampled_from(Colour))
lines = st.builds(Line, ends=st.tuples(fractions, fractions), name=st.none() | text)
drawings = st.builds(
    Drawing,
    items=st.lists(dots | lines, max_size=4).map(tuple),
    size_wh=st.tuples(st.integers(0, 2**70), st.integers()),
    path=st.just(Path("/a/b c.mp4")),
    mixed=st.integers() | text,
    tags=st.dictionaries(text, st.floats(allow_nan=False)),
    words=st.lists(text, max_size=3),
    on=st.booleans(),
)


@settings(deadline=None)
@given(drawings)
def test_a_value_survives_json(drawing):
    written = json.dumps(to_json(drawing), allow_nan=False)
    assert from_json(Drawing, json.loads(written)) == drawing


@settings(deadline=None, max_examples=50)
@given(
    npst.arrays(np.int64, npst.array_shapes(min_dims=1, max_dims=3, min_side=0)),
    npst.arrays(np.float32, npst.array_shapes(min_dims=1, max_dims=3, min_side=0)),
    npst.arrays(np.bool_, npst.array_shapes(min_dims=1, max_dims=2, min_side=0)),
)
def test_arrays_are_kept_apart_and_come_back_as_they_were(frames, luma, black):
    arrays: dict[str, np.ndarray] = {}
    data = json.loads(json.dumps(to_json(Measured(frames, luma, black), arrays)))
    back = from_json(Measured, data, arrays)
    for name, array in (("frames", frames), ("luma", luma), ("black", black)):
        kept = getattr(back, name)
        assert kept.dtype == array.dtype
        assert np.array_equal(kept, array, equal_nan=array.dtype.kind == "f")


def test_floats_that_json_lacks_survive_as_words():
    data = to_json(Dot(float("-inf")))
    assert data["x"] == "-inf"
    assert from_json(Dot, data).x == float("-inf")
    assert to_json(np.float32("nan")) == "nan"
    assert np.isnan(from_json(Dot, {"x": "nan"}).x)


def test_numpy_scalars_and_enumerations_become_plain():
    assert type(to_json(np.float64(0.5))) is float
    assert type(to_json(np.int32(7))) is int
    assert type(to_json(np.bool_(True))) is bool
    assert type(to_json(Colour.BLUE)) is str
    assert to_json(np.array([[1, 2]])) == [[1, 2]]


@pytest.mark.parametrize("value", [object(), {1: 2}, {1, 2}, 1j])
def test_what_has_no_form_in_json_is_refused(value):
    with pytest.raises(TypeError):
        to_json(value)


GOOD = {
    "items": [{"x": 1, "colour": "red", "type": "dot"}, {"ends": ["1/3", 2], "type": "line"}],
    "size_wh": [4, 3],
    "path": "/a",
    "mixed": 1,
    "tags": {"a": 0.5},
    "words": ["b"],
}


@pytest.mark.parametrize(
    ("change", "place", "want"),
    [
        ({"size_wh": [4]}, "$.size_wh", "a list of 2"),
        ({"size_wh": [4, "3"]}, "$.size_wh[1]", "int"),
        ({"size_wh": [True, 3]}, "$.size_wh[0]", "int"),
        ({"size_wh": [4.0, 3]}, "$.size_wh[0]", "int"),
        ({"size_wh": [-1, 3]}, "$", "a width is not negative"),
        ({"items": {}}, "$.items", "a list"),
        ({"items": [{"x": "a", "type": "dot"}]}, "$.items[0].x", "float"),
        ({"items": [{"x": 10**400, "type": "dot"}]}, "$.items[0].x", "float"),
        ({"items": [{"x": 1}]}, "$.items[0]", '"dot" or "line"'),
        ({"items": [{"x": 1, "type": ["dot"]}]}, "$.items[0]", '"dot" or "line"'),
        ({"items": [3]}, "$.items[0]", '"dot" or "line"'),
        ({"items": [{"type": "dot"}]}, "$.items[0].x", "missing"),
        ({"items": [{"x": 1, "colour": "green", "type": "dot"}]}, "$.items[0].colour", "red, blue"),
        ({"items": [{"x": 1, "colour": [], "type": "dot"}]}, "$.items[0].colour", "red, blue"),
        ({"items": [{"ends": ["1/0", "1"], "type": "line"}]}, "$.items[0].ends[0]", "rational"),
        ({"items": [{"ends": ["1e99999999", 1], "type": "line"}]}, "ends[0]", "rational"),
        ({"items": [{"ends": [0.5, 1], "type": "line"}]}, "ends[0]", "rational"),
        ({"items": [{"x": 1, "wide": 2, "type": "dot"}]}, "$.items[0]", "no field 'wide'"),
        ({"tags": {"a": "b"}}, "$.tags.a", "float"),
        ({"tags": [1]}, "$.tags", "an object"),
        ({"mixed": None}, "$.mixed", "int or str"),
        ({"words": "b"}, "$.words", "a list"),
        ({"words": [1]}, "$.words[0]", "str"),
        ({"on": 1}, "$.on", "bool"),
        ({"on": None}, "$.on", "bool"),
        ({"path": 1}, "$.path", "Path"),
    ],
)
def test_an_error_names_the_place(change, place, want):
    assert from_json(Drawing, GOOD)
    with pytest.raises(RequestError) as caught:
        from_json(Drawing, GOOD | change)
    assert place in caught.value.message
    assert want in caught.value.message
    assert len(caught.value.message) < 200


def test_a_value_of_another_shape_is_refused():
    with pytest.raises(RequestError, match=r"\$ should be an object"):
        from_json(Drawing, [])


def test_arrays_must_be_there_and_of_the_right_kind():
    arrays = {"a0": np.zeros(2, np.int64), "a1": np.zeros(2), "a2": np.zeros(2, bool)}
    names = {"frames": {"array": "a0"}, "luma": {"array": "a1"}, "black": {"array": "a2"}}
    assert from_json(Measured, names, arrays).luma.dtype == np.float32
    for wrong in ({"array": "a9"}, {"array": []}, [1, 2], "a0"):
        with pytest.raises(RequestError, match=r"\$\.frames should be a stored array"):
            from_json(Measured, names | {"frames": wrong}, arrays)
    with pytest.raises(RequestError, match="array of int64, not 'float64'"):
        from_json(Measured, names | {"frames": {"array": "a1"}}, arrays)
