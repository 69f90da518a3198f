"""Values to JSON and back, arrays kept apart: for plans, results and the store.

Dataclasses become objects, tuples become lists, ``Fraction`` becomes ``"num/den"``, a float
that JSON has no number for becomes ``"nan"``, ``"inf"`` or ``"-inf"``. A numpy array becomes
``{"array": name}`` where the caller collects arrays, else a list (for people and other
programs: such a list is not read back, as it no longer knows its shape and dtype).
"""

from __future__ import annotations

import dataclasses
import math
import re
import types
import typing
from collections.abc import Mapping
from contextlib import suppress
from enum import Enum
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any, Literal, TypeVar, get_args, get_origin

import numpy as np

from studio.errors import RequestError

T = TypeVar("T")


def to_json(value: Any, arrays: dict[str, np.ndarray[Any, Any]] | None = None) -> Any:
    """The value as what :mod:`json` can write.

    Args:
        value: dataclasses, containers, numbers, arrays.
        arrays: where given, receives every array under a fresh name.

    Raises:
        TypeError: something has no form in JSON.
    """
    if isinstance(value, Enum):  # before str and int, which some enumerations also are
        return value.value
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    if value is None or isinstance(value, bool | str | int | float):
        return value
    if isinstance(value, Fraction | Path):
        return str(value)
    if isinstance(value, np.ndarray):
        if arrays is None:
            return to_json(value.tolist())
        name = f"a{len(arrays)}"
        arrays[name] = value
        return {"array": name}
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {f.name: to_json(getattr(value, f.name), arrays) for f in dataclasses.fields(value)}
    if isinstance(value, Mapping):
        if not all(isinstance(key, str) for key in value):
            raise TypeError("the keys of a JSON object are strings")
        return {str(k): to_json(v, arrays) for k, v in value.items()}
    if isinstance(value, tuple | list):
        return [to_json(v, arrays) for v in value]
    raise TypeError(f"no JSON form for {type(value).__name__}")


@cache
def _hints(cls: type) -> dict[str, Any]:
    return typing.get_type_hints(cls)


def from_json(
    cls: type[T], data: Any, arrays: Mapping[str, np.ndarray[Any, Any]] | None = None
) -> T:
    """The value that :func:`to_json` wrote.

    Args:
        cls: what it is.
        data: parsed JSON.
        arrays: the arrays that were collected.

    Raises:
        RequestError: the data does not fit; the message names the place.
    """
    result: T = _decode(cls, data, arrays or {}, "$")
    return result


def _bad(where: str, want: str, data: Any) -> RequestError:
    shown = repr(data)
    return RequestError(
        f"{where} should be {want}, not {shown[:60]}",
        "Compare with a plan the studio wrote, or make it anew.",
    )


def _decode(hint: Any, data: Any, arrays: Mapping[str, Any], where: str) -> Any:
    origin = get_origin(hint)
    if hint is Any:
        return data
    if origin in (typing.Union, types.UnionType):
        return _decode_union(get_args(hint), data, arrays, where)
    if origin is Literal:
        allowed = get_args(hint)
        if not any(type(data) is type(a) and data == a for a in allowed):
            raise _bad(where, " or ".join(map(repr, allowed)), data)
        return data
    if origin is tuple:
        return _decode_tuple(get_args(hint), data, arrays, where)
    if origin is list:
        item = get_args(hint)[0]
        return list(_decode_tuple((item, Ellipsis), data, arrays, where))
    if origin is dict:
        if not isinstance(data, dict):
            raise _bad(where, "an object", data)
        value_hint = get_args(hint)[1]
        return {k: _decode(value_hint, v, arrays, f"{where}.{k}") for k, v in data.items()}
    if origin is np.ndarray:
        return _decode_array(hint, data, arrays, where)
    if dataclasses.is_dataclass(hint):
        return _decode_dataclass(typing.cast(type, hint), data, arrays, where)
    if isinstance(hint, type):
        return _decode_scalar(hint, data, where)
    raise TypeError(f"no decoder for {hint!r}")


def _decode_array(hint: Any, data: Any, arrays: Mapping[str, Any], where: str) -> Any:
    name = data.get("array") if isinstance(data, dict) else None
    if not (isinstance(name, str) and name in arrays):
        raise _bad(where, "a stored array", data)
    stored = arrays[name]
    dtype = next(iter(get_args(get_args(hint)[1])), None)
    if not isinstance(dtype, type):  # an array of any kind
        return stored
    if not np.can_cast(stored.dtype, dtype, "same_kind"):
        raise _bad(where, f"an array of {dtype.__name__}", stored.dtype.name)
    return stored.astype(dtype, copy=False)


# Exponents are left out on purpose: Fraction("1e999999999") would fill the memory.
_RATIONAL = re.compile(r"-?\d{1,400}(/\d{1,400}|\.\d{1,400})?")


def _decode_scalar(hint: type, data: Any, where: str) -> Any:
    if hint is Fraction:
        if isinstance(data, int) and not isinstance(data, bool):
            return Fraction(data)
        if isinstance(data, str) and _RATIONAL.fullmatch(data):
            with suppress(ZeroDivisionError):
                return Fraction(data)
        raise _bad(where, 'rational seconds such as "1001/24000"', data)
    if issubclass(hint, Enum):
        try:
            return hint(data)
        except ValueError:
            raise _bad(where, "one of " + ", ".join(str(m.value) for m in hint), data) from None
    if hint is Path and isinstance(data, str):
        return Path(data)
    if hint is float and isinstance(data, int | float) and not isinstance(data, bool):
        with suppress(OverflowError):
            return float(data)
    if hint is float and data in ("nan", "inf", "-inf"):
        return float(data)
    if hint is int and isinstance(data, int) and not isinstance(data, bool):
        return data
    if hint in (str, bool) and isinstance(data, hint):
        return data
    raise _bad(where, hint.__name__, data)


def _decode_tuple(args: tuple[Any, ...], data: Any, arrays: Mapping[str, Any], where: str) -> Any:
    if not isinstance(data, list):
        raise _bad(where, "a list", data)
    if len(args) == 2 and args[1] is Ellipsis:
        return tuple(_decode(args[0], v, arrays, f"{where}[{i}]") for i, v in enumerate(data))
    if len(data) != len(args):
        raise _bad(where, f"a list of {len(args)}", data)
    pairs = enumerate(zip(args, data, strict=True))
    return tuple(_decode(h, v, arrays, f"{where}[{i}]") for i, (h, v) in pairs)


def _decode_union(args: tuple[Any, ...], data: Any, arrays: Mapping[str, Any], where: str) -> Any:
    if data is None and type(None) in args:
        return None
    rest = [a for a in args if a is not type(None)]
    if len(rest) == 1:
        return _decode(rest[0], data, arrays, where)
    for option in rest:  # dataclasses are told apart by their literal ``type``
        if isinstance(data, dict) and data.get("type") in _tags(option):
            return _decode(option, data, arrays, where)
    scalars = [a for a in rest if isinstance(a, type) and not dataclasses.is_dataclass(a)]
    for scalar in scalars:
        with suppress(RequestError):
            return _decode_scalar(scalar, data, where)
    want = [a.__name__ for a in scalars]
    tags = [str(t) for a in rest for t in _tags(a)]
    if tags:
        want.append('an object with "type": ' + " or ".join(f'"{t}"' for t in tags))
    raise _bad(where, " or ".join(want), data)


def _tags(option: Any) -> tuple[Any, ...]:
    """The values of the literal ``type`` that tells one dataclass of a union from another."""
    if not dataclasses.is_dataclass(option):
        return ()
    return get_args(_hints(typing.cast(type, option)).get("type"))


def _decode_dataclass(cls: type, data: Any, arrays: Mapping[str, Any], where: str) -> Any:
    if not isinstance(data, dict):
        raise _bad(where, f"an object ({cls.__name__})", data)
    hints = _hints(cls)
    values = {}
    for f in dataclasses.fields(cls):
        if f.name in data:
            values[f.name] = _decode(hints[f.name], data[f.name], arrays, f"{where}.{f.name}")
        elif f.default is dataclasses.MISSING and f.default_factory is dataclasses.MISSING:
            raise RequestError(f"{where}.{f.name} is missing", f"A {cls.__name__} needs it.")
    unknown = sorted(set(data) - {f.name for f in dataclasses.fields(cls)})
    if unknown:
        raise RequestError(f"{where} has no field {unknown[0]!r}", "Remove it or mend its name.")
    try:
        return cls(**values)
    except ValueError as exc:
        raise RequestError(f"{where}: {exc}", "Mend the value.") from exc
