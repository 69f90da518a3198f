"""Every call by name, with typed parameters that are taken from the pipelines' own options."""

from __future__ import annotations

import dataclasses
import importlib
import importlib.util
import inspect
import re
import typing
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, create_model

from pipelines.registry import names
from studio.accounts.role import User
from studio.codec import to_json
from studio.errors import RequestError
from ui.remote.acts import ACTS, Acts
from ui.remote.calls import Calls

#: The page's own small acts; whoever asks from afar asks for the pipelines.
_NOT_OFFERED = ("desk",)
#: Chosen by the studio, or by which call is made; and an approval is given by a person.
_NOT_ASKED = ("out", "dry_run", "approve_by", "owner")
_SOURCES = (
    "Files: paths below the media roots, footage:ID of your library, upload:TOKEN for one that was "
    "uploaded, or job:ID/FILE for what a job of yours made."
)
_JOB = "The job's id, the beginning of it, or its number."


_Act = Callable[[User, dict[str, Any]], dict[str, Any]]


@dataclass(frozen=True)
class Way:
    """One call.

    Attributes:
        name: of the endpoint and of the tool.
        text: what it does.
        parameters: their names, types, defaults and meanings.
        act: does it; given who asks and the parameters.
    """

    name: str
    text: str
    parameters: type[BaseModel]
    act: _Act

    def __call__(self, user: User, given: dict[str, Any]) -> dict[str, Any]:
        """Check the parameters and do it.

        Raises:
            RequestError: a parameter is missing, unknown or of another type.
            StudioError: as the call raises.
        """
        try:
            parameters = self.parameters.model_validate(given)
        except ValidationError as exc:
            first = exc.errors(include_url=False, include_input=False)[0]
            where = ".".join(str(part) for part in first["loc"]) or "the parameters"
            raise RequestError(
                f"{self.name}: {where}: {first['msg']}.", "See the parameters of the call."
            ) from exc
        return self.act(user, parameters.model_dump())


def ways(calls: Calls) -> list[Way]:
    """All calls: two for each pipeline, those for jobs, and what the page does beside."""
    offered = [name for name in names() if name not in _NOT_OFFERED]
    found = [way for name in offered for way in _of_pipeline(calls, name)]
    return [*found, *_of_jobs(calls), *_of_page(Acts(calls))]


def _of_page(acts: Acts) -> Iterator[Way]:
    """An act's parameters are those of its method, and their meanings its docstring's."""
    for name in ACTS:
        method = getattr(acts, name)
        text, _, listed = (inspect.getdoc(method) or "").partition("\n\nArgs:\n")
        meanings = dict(_entries(listed))
        hints = typing.get_type_hints(method)
        fields: dict[str, Any] = {}
        for own, parameter in inspect.signature(method).parameters.items():
            if own != "user":
                empty = parameter.default is inspect.Parameter.empty
                default = ... if empty else parameter.default
                fields[own] = (hints[own], Field(default, description=meanings[own]))
        model = create_model(f"{name}_parameters", __config__=_STRICT, **fields)

        def act(user: User, given: dict[str, Any], method: Any = method) -> dict[str, Any]:
            said: dict[str, Any] = method(user, **given)
            return said

        yield Way(name, " ".join(text.split()), model, act)


def _of_pipeline(calls: Calls, name: str) -> Iterator[Way]:
    options, text = _options(name)
    described = dict(_attributes(options))
    hints = typing.get_type_hints(options)
    fields: dict[str, Any] = {
        "sources": (list[str], Field(default_factory=list, description=_SOURCES))
    }
    for field in dataclasses.fields(options):
        if field.name in _NOT_ASKED:
            continue
        kind = _plain(hints[field.name])
        text_of = described.get(field.name, "")
        # The option of a pipeline that is called like our own parameter goes by another name.
        own = "more_sources" if field.name == "sources" else field.name
        fields[own] = (kind, Field(_default(field), description=text_of))
    model = create_model(f"{name}_parameters", __config__=_STRICT, **fields)
    for verb, plan, said in (
        ("submit", False, "Queue a job"),
        ("plan", True, "Say what a job would do and cost, without doing it"),
    ):

        def act(user: User, given: dict[str, Any], plan: bool = plan) -> dict[str, Any]:
            sources = given.pop("sources")
            if "more_sources" in given:
                given["sources"] = given.pop("more_sources")
            return calls.submit(user, name, sources, given, plan)

        yield Way(f"{verb}_{name}", f"{said}: {text} Answers with the job.", model, act)


def _of_jobs(calls: Calls) -> Iterator[Way]:
    which = create_model("job_parameters", __config__=_STRICT, job=(str, Field(description=_JOB)))
    listing = create_model(
        "jobs_parameters",
        __config__=_STRICT,
        state=(str, Field("", description="Only jobs in this state: queued, running, done …")),
        limit=(int, Field(50, description="At most so many.")),
    )
    yield Way(
        "list_jobs", "Your jobs, newest first.", listing,
        lambda user, given: calls.jobs(user, given["state"], given["limit"]),
    )  # fmt: skip
    looks = {
        "job_status": ("How a job stands: state, stage, share, seconds left, error.", calls.job),
        "job_result": ("What a job made: files with addresses, summary, notes.", calls.result),
        "job_log": ("The log of a job.", calls.log),
        "job_report": ("All of a job in one object, to send with a bug.", calls.report),
    }
    for name, (text, look) in looks.items():
        yield Way(name, text, which, _looking(look))
    acts = {
        "cancel": "End a job: at once where it waits, at its next step where it works.",
        "pause": "Hold a job back; what it has is kept.",
        "resume": "Let a job go on that is paused, failed or was cancelled.",
        "retry": "Try a job again that failed or was cancelled.",
    }
    for name, text in acts.items():
        yield Way(f"{name}_job", text, which, _acting(calls, name))


def _looking(look: Callable[[User, str], dict[str, Any]]) -> _Act:
    return lambda user, given: look(user, given["job"])


def _acting(calls: Calls, act: str) -> _Act:
    return lambda user, given: calls.act(user, given["job"], act)


_STRICT = ConfigDict(extra="forbid")


def _options(name: str) -> tuple[type[Any], str]:
    """A pipeline's options and what it does; without importing what does it."""
    package = importlib.import_module(f"pipelines.{name}")
    apart = importlib.util.find_spec(f"pipelines.{name}.options") is not None
    module = importlib.import_module(f"pipelines.{name}.options") if apart else package
    text = inspect.getdoc(package) or name
    options: type[Any] = module.Options
    return options, " ".join(text.split("\n\n")[0].split())


def _attributes(options: type[Any]) -> Iterator[tuple[str, str]]:
    """Names and meanings from the ``Attributes`` of a docstring."""
    _, _, listed = (inspect.getdoc(options) or "").partition("Attributes:\n")
    yield from _entries(listed)


def _entries(listed: str) -> Iterator[tuple[str, str]]:
    for entry in re.split(r"\n {4}(?=\S)", "\n" + listed.split("\n\n", maxsplit=1)[0]):
        called, colon, meaning = entry.strip().partition(": ")
        if colon:
            for each in called.split(", "):
                yield each, " ".join(meaning.split())


def _plain(hint: Any) -> Any:
    """The type that JSON has for an option's."""
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin is Literal:
        return hint
    if arguments and type(None) in arguments:
        rest = [_plain(each) for each in arguments if each is not type(None)]
        return typing.Optional[rest[0]]  # noqa: UP045 - the type is made here
    if origin in (tuple, list):
        if len(arguments) == 2 and arguments[1] is Ellipsis:
            return list[_plain(arguments[0])]  # type: ignore[misc]
        return list[Any]
    if hint in (str, int, float, bool):
        return hint
    if hint in (Path, Fraction):
        return str
    return Any


def _default(field: dataclasses.Field[Any]) -> Any:
    if field.default is not dataclasses.MISSING:
        value = to_json(field.default)
    elif field.default_factory is not dataclasses.MISSING:
        value = to_json(field.default_factory())
    else:
        return ...
    return str(value) if isinstance(field.default, Fraction) else value
