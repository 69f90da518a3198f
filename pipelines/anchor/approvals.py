"""Who approved what: a log that only grows, in the settings' data folder."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pipelines.anchor.policy import Act, Airing, Approval, standing_approval
from studio.archive.chained_log import append_row, read_rows
from studio.codec import from_json, to_json
from studio.errors import DisclosureRequired, PolicyError, RequestError
from studio.media.writer import write_beside
from studio.settings import Settings

#: What a run writes for whoever approves it.
REQUEST = "for-approval.json"


def log_path(settings: Settings) -> Path:
    """Where the log lies."""
    return settings.data_dir / "approvals" / "approvals.jsonl"


def read_log(settings: Settings) -> tuple[Approval, ...]:
    """The entries, oldest first.

    Raises:
        PolicyError: the chain is broken: something was changed, taken out or put in between.
    """
    path = log_path(settings)
    found = []
    for number, row in enumerate(read_rows(path), start=1):
        try:
            found.append(from_json(Approval, {**row.body, "digest": row.digest}))
        except RequestError as exc:
            raise PolicyError(
                f"{path.name}:{number} is no entry of approvals.", "Restore it from a copy."
            ) from exc
    return tuple(found)


def approve(
    airing: Airing,
    person: str,
    settings: Settings,
    *,
    remark: str = "",
    account: str = "",
    allow: Callable[[], None] | None = None,
) -> Approval:
    """Approve exactly this script with exactly this to be aired; the log grows by one entry.

    Args:
        airing: what is approved.
        person: who approves, by name.
        settings: where the log lies.
        remark: in words.
        account: who is signed in, if anybody.
        allow: raises if that account may not approve.

    Raises:
        PolicyError: nobody is named, or the chain is broken.
        EncodeFailed: the log cannot be written.
    """
    if allow is not None:
        allow()
    return _append(
        settings, "approved", airing.script.digest, person, airing.inputs(), remark, account
    )


def withdraw(
    script_sha256: str,
    person: str,
    settings: Settings,
    *,
    remark: str = "",
    account: str = "",
    allow: Callable[[], None] | None = None,
) -> Approval:
    """Withdraw every approval of a script; arguments and errors as of :func:`approve`."""
    if allow is not None:
        allow()
    return _append(settings, "withdrawn", script_sha256, person, {}, remark, account)


def _append(
    settings: Settings,
    act: Act,
    script_sha256: str,
    person: str,
    inputs: dict[str, str],
    remark: str,
    account: str,
) -> Approval:
    if not person.strip():
        raise PolicyError("An approval needs the name of a person.", "Give it: --by NAME")
    now = datetime.now(UTC).isoformat(timespec="seconds")
    made = Approval(act, script_sha256, person.strip(), now, inputs, remark, account)
    body = {key: value for key, value in to_json(made).items() if key != "digest"}
    row = append_row(log_path(settings), body)
    return from_json(Approval, {**row.body, "digest": row.digest})


def approval_of(airing: Airing, settings: Settings) -> tuple[Approval | None, str]:
    """The approval that stands for exactly this, or None and why not, in words.

    Raises:
        PolicyError: the chain is broken, or a file cannot be read.
    """
    return standing_approval(read_log(settings), airing.script.digest, airing.inputs())


def require_approval(airing: Airing, settings: Settings) -> Approval:
    """The approval of exactly this.

    Raises:
        DisclosureRequired: there is none: what is made is a draft, and must say so.
        PolicyError: as :func:`approval_of`.
    """
    found, why = approval_of(airing, settings)
    if found is None:
        raise DisclosureRequired(
            f"The script {airing.script.digest[:12]}… is not approved: {why}.",
            "Have it approved by name (studio approve DIR --by NAME), or make the draft.",
        )
    return found


def write_request(folder: Path, airing: Airing) -> Path:
    """Write what an approval of this would be bound to, for :func:`read_request`."""
    path = folder / REQUEST
    body: dict[str, Any] = {
        "script_sha256": airing.script.digest,
        "headline": airing.script.headline,
        "inputs": airing.inputs(),
    }
    with write_beside(path) as beside:
        beside.write_text(json.dumps(body, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    return path


def read_request(folder: Path) -> Airing:
    """What a folder of ``studio anchor`` asks to be approved.

    The script is read anew from ``script.json``; what it is to be aired with is as the last run
    found it. If either changes later, what is rendered is a draft again.

    Raises:
        RequestError: nothing was planned there, or the script was edited since.
    """
    from pipelines.anchor.script import read_script

    try:
        body = json.loads((folder / REQUEST).read_text(encoding="utf-8"))
        planned, inputs = str(body["script_sha256"]), dict(body["inputs"])
        script = read_script(folder / "script.json", "auto")
    except (OSError, ValueError, KeyError, TypeError) as exc:
        raise RequestError(
            f"{folder} holds no segment to be approved.", "Make its draft: studio anchor SCRIPT"
        ) from exc
    if script.digest != planned:
        raise RequestError(
            f"{folder / 'script.json'} was edited since its draft was made.",
            f"Make the draft of what it says now: studio anchor {folder / 'script.json'}",
        )
    presenter = str(inputs.pop("presenter", ""))
    return Airing(script, presenter, aired={str(k): str(v) for k, v in inputs.items()})
