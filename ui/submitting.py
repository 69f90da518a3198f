"""A command's words as a request for a job."""

from __future__ import annotations

import importlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from studio.errors import RequestError

if TYPE_CHECKING:
    from studio.jobs.job import Job
    from studio.jobs.record import JobRequest

#: First words of commands that run a pipeline, and the pipeline's package.
_COMMANDS: dict[tuple[str, ...], str] = {
    ("analyze",): "analysis",
    ("anchor",): "anchor",
    ("augment",): "augment",
    ("avatar",): "avatar",
    ("demo",): "trailer",
    ("events",): "events",
    ("filter",): "filter",
    ("generate",): "generate",
    ("people", "identify"): "people",
    ("people", "reject"): "people",
    ("recommend",): "recommend",
    ("report",): "report",
    ("search",): "search",
    ("stylize",): "stylize",
    ("subtitles",): "subtitles",
    ("summary",): "summary",
    ("things", "find"): "things",
    ("trailer",): "trailer",
    ("train",): "train",
    ("why",): "why",
}
#: Commands of the same first word that do something else.
_OTHERS = (("subtitles", "lint"),)


class _Asked(BaseException):
    """Carries a call of a pipeline out of the command that made it."""

    def __init__(self, source: Any, options: Any, job: Job) -> None:
        super().__init__()
        self.source, self.options, self.job = source, options, job


@dataclass(frozen=True)
class _Call:
    sources: tuple[Path, ...]
    options: Any
    settings: dict[str, Any]


def request_of(words: Sequence[str], *, owner: str, interactive: bool) -> JobRequest:
    """What a command's words ask for.

    The command reads its words itself, so that a job is asked for in no other way than at the
    terminal; only where it would call the pipeline, the call is kept instead.

    Args:
        words: ``stylize film.mp4 --look starry``, without ``studio``.
        owner: whose job it is.
        interactive: whether somebody waits for it; a preview is taken to be waited for.

    Raises:
        RequestError: they name no command that can be a job, or it refuses them.
    """
    from studio.codec import to_json
    from studio.jobs.record import JobRequest, Priority

    words = list(words[1:] if words[:1] == ["studio"] else words)
    prefix = next((p for p in _COMMANDS if tuple(words[: len(p)]) == p), None)
    if prefix is None or any(tuple(words[: len(o)]) == o for o in _OTHERS):
        raise RequestError(
            f"{' '.join(words[:2])!r} is no command that can be a job.",
            "There are " + ", ".join(" ".join(p) for p in _COMMANDS) + ".",
        )
    call = _call(words, _COMMANDS[prefix])
    waited_for = interactive or bool(getattr(call.options, "preview_s", 0))
    return JobRequest(
        pipeline=_COMMANDS[prefix],
        sources=tuple(str(path.absolute()) for path in call.sources),
        options=to_json(call.options),
        owner=owner,
        priority=Priority.INTERACTIVE if waited_for else Priority.BATCH,
        settings=call.settings,
    )


def _call(words: list[str], pipeline: str) -> _Call:
    import typer

    from studio.settings import Settings
    from ui.cli import app

    command = typer.main.get_command(app)
    try:
        with _kept(pipeline):
            command.main(words, prog_name="studio", standalone_mode=False)
    except _Asked as asked:
        source = asked.source
        sources = [source] if isinstance(source, Path) else list(source or ())
        usual, chosen = Settings(), asked.job.settings
        settings = {
            name: getattr(chosen, name)
            for name in ("device", "memory_budget_bytes")
            if getattr(chosen, name) != getattr(usual, name)
        }
        return _Call(tuple(sources), asked.options, settings)
    raise RequestError(f"{' '.join(words)!r} asks for no work.", "Leave --help out.")


@contextmanager
def _kept(pipeline: str) -> Iterator[None]:
    """Commands look up ``run`` in the pipeline's package when they call it."""

    def keep(source: Any, options: Any, job: Job) -> None:
        raise _Asked(source, options, job)

    package = importlib.import_module(f"pipelines.{pipeline}")
    run = package.run
    package.run = keep
    try:
        yield
    finally:
        package.run = run
