"""Weights from safetensors files into a module without building it twice.

The module is made on torch's ``meta`` device, where tensors have a shape and no memory, and the
file's memory-mapped tensors are then put in their place: nothing is initialised only to be
overwritten, and no byte is read before it is needed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from studio.errors import WeightsCorrupt

if TYPE_CHECKING:
    import torch

T = TypeVar("T", bound="torch.nn.Module")


def read_tensors(paths: Path | Iterable[Path]) -> dict[str, torch.Tensor]:
    """Every tensor of one file or of the shards of one model, memory-mapped on the host.

    Raises:
        WeightsCorrupt: a file is no safetensors file, or two shards hold one name.
    """
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    found: dict[str, torch.Tensor] = {}
    for path in [paths] if isinstance(paths, Path) else paths:
        try:
            tensors = load_file(path, device="cpu")
        except (SafetensorError, OSError, ValueError) as exc:
            raise WeightsCorrupt(
                f"{path.name} cannot be read: {exc}", "Fetch the model again: studio models fetch"
            ) from exc
        twice = found.keys() & tensors.keys()
        if twice:
            raise WeightsCorrupt(
                f"{path.name} repeats the tensor {min(twice)}", "The shards belong to two models."
            )
        found |= tensors
    return found


def load_into(
    build: Callable[[], T],
    paths: Path | Iterable[Path],
    *,
    dtype: torch.dtype | None = None,
    rename: Mapping[str, str] | None = None,
    optional: Iterable[str] = (),
) -> T:
    """A module with the weights of safetensors files, ready to run on the processor.

    Args:
        build: makes the module; called where every tensor it creates has no memory, so it may
            not read values.
        paths: the file, or the shards.
        dtype: floating-point tensors become this one; as stored where not given (a tensor that
            is converted is copied, no longer mapped).
        rename: name in the file to name in the module.
        optional: tensors of the file that the module may not know.

    Returns:
        The module in ``eval`` mode, no gradients.

    Raises:
        WeightsCorrupt: names or shapes do not match, or a buffer that is computed when the
            module is built is in no file: on ``meta`` its values were never there.
    """
    import torch

    tensors = read_tensors(paths)
    for old, new in (rename or {}).items():
        tensors[new] = tensors.pop(old)
    with torch.device("meta"):
        module = build()
    known = module.state_dict()
    tied = _fill_tied(module, tensors)
    for name in set(optional) - known.keys():
        tensors.pop(name, None)
    if dtype is not None:
        tensors = {n: t.to(dtype) if t.is_floating_point() else t for n, t in tensors.items()}
    try:
        module.load_state_dict(tensors, strict=True, assign=True)
    except RuntimeError as exc:
        first = " ".join(str(exc).split())[:300]
        raise WeightsCorrupt(
            f"the weights are not those of {type(module).__name__}: {first}",
            "The file belongs to another model or version.",
        ) from exc
    for name, other in tied.items():  # one tensor again, not two that were equal once
        _set_parameter(module, name, module.get_parameter(other))
    empty = [n for n, b in module.named_buffers() if b.is_meta]
    empty += [n for n, p in module.named_parameters() if p.is_meta]
    if empty:
        raise WeightsCorrupt(
            f"{type(module).__name__}: no file holds {', '.join(empty[:4])}",
            "Build this module with its values, not through load_into.",
        )
    return module.eval().requires_grad_(False)


def _fill_tied(module: torch.nn.Module, tensors: dict[str, torch.Tensor]) -> dict[str, str]:
    """Parameters that share one tensor are stored once; the other names are filled in.

    Returns:
        Each name that was filled in, and the name whose tensor it shares.
    """
    first: dict[int, list[str]] = {}
    for name, parameter in module.named_parameters(remove_duplicate=False):
        first.setdefault(id(parameter), []).append(name)
    tied: dict[str, str] = {}
    for names in first.values():
        stored = next((n for n in names if n in tensors), None)
        if len(names) > 1 and stored is not None:
            for name in names:
                if name != stored:
                    tensors[name] = tensors[stored]
                    tied[name] = stored
    return tied


def _set_parameter(module: torch.nn.Module, name: str, value: torch.nn.Parameter) -> None:
    path, _, leaf = name.rpartition(".")
    setattr(module.get_submodule(path), leaf, value)
