"""What every command shares: options, settings, a job that can be stopped, output."""

from __future__ import annotations

import functools
import importlib
import inspect
import json
import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Annotated, Any, get_type_hints

import typer

from studio.errors import RequestError

if TYPE_CHECKING:
    from studio.jobs.job import Job
    from studio.settings import Settings

AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object on stdout.")]
Seed = Annotated[int, typer.Option(help="Same footage, options and seed give the same plan.")]
Budget = Annotated[
    str, typer.Option(help="Memory all models may hold together, e.g. 4GB; half of what is free.")
]
DeviceName = Annotated[str, typer.Option("--device", help="auto, cpu or cuda.")]
DryRun = Annotated[
    bool,
    typer.Option("--dry-run", help="Print the plan, the time and the memory it takes; no more."),
]
Preview = Annotated[
    float, typer.Option(help="Make only so many seconds from the middle, without sound.")
]


@dataclass(frozen=True)
class Asked:
    """What every command that runs a pipeline is asked besides what is its own."""

    seed: Seed = 0
    dry_run: DryRun = False
    memory_budget: Budget = ""
    device: DeviceName = "auto"
    as_json: AsJson = False


def pipeline_command(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the options all have in common, in the place of its ``asked: Asked``."""
    hints = get_type_hints(command, include_extras=True)
    common = get_type_hints(Asked, include_extras=True)
    shown: list[inspect.Parameter] = []
    for parameter in inspect.signature(command).parameters.values():
        if parameter.name == "asked":
            shown += [
                parameter.replace(name=f.name, default=f.default, annotation=common[f.name])
                for f in fields(Asked)
            ]
        else:
            shown.append(parameter.replace(annotation=hints[parameter.name]))
    shown = [parameter.replace(kind=inspect.Parameter.KEYWORD_ONLY) for parameter in shown]

    @functools.wraps(command)
    def wrapped(**values: Any) -> Any:
        asked = Asked(**{f.name: values.pop(f.name) for f in fields(Asked)})
        return command(**values, asked=asked)

    wrapped.__signature__ = inspect.Signature(shown)  # type: ignore[attr-defined]
    wrapped.__annotations__ = {p.name: p.annotation for p in shown}
    return wrapped


def run_pipeline(name: str, source: Any, asked: Asked, **options: Any) -> Any:
    """Run ``pipelines.NAME`` with a command's options and print what comes of it.

    Returns:
        The pipeline's own result.
    """
    with stoppable_job(settings_of(asked.device, asked.memory_budget)) as job:
        pipeline = importlib.import_module(f"pipelines.{name}")
        given = pipeline.Options(seed=asked.seed, dry_run=asked.dry_run, **options)
        result = pipeline.run(source, given, job)
    emit(asked.as_json, pipeline.describe(result), lambda: print(pipeline.summarise(result)))
    return result


def settings_of(device: str = "auto", budget: str = "") -> Settings:
    """The machine's settings, with what the command line says of device and budget."""
    from studio.settings import Settings

    return Settings().with_changes(
        device=device if device != "auto" else None,
        memory_budget_bytes=parse_bytes(budget) if budget else None,
    )


def parse_bytes(text: str) -> int:
    """``4GB``, ``512MiB`` or a plain number as bytes.

    Raises:
        RequestError: it is none of these.
    """
    units = {"": 1, "b": 1}
    for power, letter in enumerate("kmgt", start=1):
        units |= {letter: 1024**power, f"{letter}ib": 1024**power, f"{letter}b": 1000**power}
    number = text.strip().rstrip("aAbBiIgGkKmMtT")
    unit = text.strip()[len(number) :].lower()
    try:
        value = int(float(number) * units[unit])
    except (KeyError, ValueError, OverflowError):
        value = 0
    if value <= 0:
        raise RequestError(f"{text!r} is no amount of memory", "Write e.g. 4GB or 512MiB.")
    return value


@contextmanager
def stoppable_job(settings: Settings) -> Iterator[Job]:
    """A job that Ctrl-C and SIGTERM cancel at its next step."""
    from studio.jobs.job import Job, print_progress

    job = Job(settings, on_progress=print_progress)

    def stop(_number: int, _frame: object) -> None:
        if job.cancelled:  # asked twice: at once
            os._exit(3)
        job.cancel()

    before = {s: signal.signal(s, stop) for s in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield job
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        if sys.stderr.isatty():
            print("\r\033[K", end="", file=sys.stderr)


def emit(as_json: bool, data: dict[str, Any], show: Callable[[], None]) -> None:
    """One JSON object on stdout, or what ``show`` prints."""
    if as_json:
        json.dump(data, sys.stdout, ensure_ascii=False)
        sys.stdout.write("\n")
    else:
        show()
