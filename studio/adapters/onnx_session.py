"""ONNX Runtime for voices: sentences differ in length, so nothing is kept for the longest."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from studio.errors import InferenceFailed, WeightsCorrupt

if TYPE_CHECKING:
    import onnxruntime  # type: ignore[import-untyped]


class OnnxGraph:
    """A graph on the processor.

    Args:
        name: of the model, for errors.
        graph: its file, or the bytes of one.
        threads: for one call.

    Raises:
        WeightsCorrupt: it is no graph that the runtime reads.
    """

    def __init__(self, name: str, graph: Path | bytes, threads: int) -> None:
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.enable_cpu_mem_arena = False  # an arena only grows
        options.log_severity_level = 3
        source = str(graph) if isinstance(graph, Path) else graph
        try:
            self._session: onnxruntime.InferenceSession | None = onnxruntime.InferenceSession(
                source, options, providers=["CPUExecutionProvider"]
            )
        except Exception as exc:  # the runtime's errors share no narrower base
            raise WeightsCorrupt(
                f"{name}: its files do not make up a model: "
                f"{graph.name if isinstance(graph, Path) else 'its graph'} cannot be loaded",
                f"Run: studio models verify {name}",
            ) from exc
        self._name = name

    def __call__(self, **given: NDArray[Any]) -> list[NDArray[np.float32]]:
        """All outputs in their order.

        Raises:
            InferenceFailed: the runtime gave up.
        """
        if self._session is None:
            raise ValueError(f"{self._name} was closed")
        try:
            found: list[NDArray[np.float32]] = self._session.run(None, given)
        except Exception as exc:  # the runtime's errors share no narrower base
            raise InferenceFailed(f"{self._name}: {exc}") from exc
        return found

    @property
    def inputs(self) -> list[str]:
        """Names of what it is given, in their order."""
        if self._session is None:
            raise ValueError(f"{self._name} was closed")
        return [given.name for given in self._session.get_inputs()]

    def named(self, first: NDArray[Any]) -> dict[str, NDArray[np.float32]]:
        """All outputs by their names, of a graph with one input.

        Raises:
            InferenceFailed: the runtime gave up.
        """
        found = self(**{self.inputs[0]: first})
        assert self._session is not None
        names = [made.name for made in self._session.get_outputs()]
        return dict(zip(names, found, strict=True))

    def close(self) -> None:
        """Let go of it."""
        self._session = None
