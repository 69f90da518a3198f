"""``studio provenance FILE``, ``studio consent …`` and ``studio approve DIR``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from studio.errors import MediaError, RequestError
from ui.command import AsJson, emit, settings_of, stoppable_job

if TYPE_CHECKING:
    from pipelines.anchor.hidden_mark import Listened, Seen
    from pipelines.anchor.policy import Recorded

consent_app = typer.Typer(
    no_args_is_help=True,
    help="Whose face and voice may be used, for what and until when; the register of consents.",
)


def provenance(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A film or a picture.")],
    as_json: AsJson = False,
) -> None:
    """Where a file comes from: who signed it, what made it, whether it was altered.

    It verifies the signature (C2PA) without a network and tells it in plain words: the signer,
    what was done with what, approval and consents, and the chain of what it was made from. It
    listens and looks for the hidden marks of a made voice and a made picture, which stay where a
    signature does not. Exit code 1 where the file is not as it was signed, or its signature was
    taken off.
    """
    from studio.codec import to_json
    from studio.provenance.reading import read_provenance
    from studio.provenance.telling import tell

    found = read_provenance(file, settings_of())
    heard, seen = _listened(file), _looked(file)
    said = [*tell(found), *(f"  {mark.told}" for mark in (heard, seen) if mark and mark.told)]
    marks = {"sound": to_json(heard), "picture": to_json(seen)}
    data = {**to_json(found), "hidden_marks": marks, "told": said}
    emit(as_json, data, lambda: print("\n".join(said)))
    if found.state not in ("intact", "unsigned"):
        raise typer.Exit(1)


def _listened(file: Path) -> Listened | None:
    """What is heard in a film or sound; None for what is neither."""
    from pipelines.anchor.hidden_mark import listen_for_mark

    try:
        with stoppable_job(settings_of()) as job:
            return listen_for_mark(file, job)
    except MediaError:
        return None


def _looked(file: Path) -> Seen | None:
    """What is seen in a film or picture; None for what is neither."""
    from pipelines.anchor.hidden_mark import look_for_mark

    try:
        return look_for_mark(file, settings_of())
    except MediaError:
        return None


@consent_app.command("add")
def add(
    subject: Annotated[
        Path,
        typer.Argument(
            metavar="FILE",
            help="The portrait, or the recording of a voice; or a record in TOML or JSON.",
        ),
    ],
    person: Annotated[str, typer.Option(help="Whose it is.")] = "",
    kind: Annotated[
        str,
        typer.Option(
            help="person: somebody living, with --evidence and --until; deceased; artwork: a "
            "painting or an invented face. The last two with --statement."
        ),
    ] = "person",
    purpose: Annotated[
        list[str] | None,
        typer.Option(help="anchor: the face may be made to speak; voice. Repeatable."),
    ] = None,
    until: Annotated[str, typer.Option(help="Last day, 2027-12-31.")] = "",
    evidence: Annotated[
        Path | None, typer.Option(help="The file that proves it; a copy is kept.")
    ] = None,
    statement: Annotated[str, typer.Option(help="Why it may be used, in words.")] = "",
    by: Annotated[str, typer.Option(help="Who records it, and answers for it.")] = "",
    as_json: AsJson = False,
) -> None:
    """Put a consent on record."""
    from pipelines.anchor.consents import ConsentRegister, consent_of, read_consent_file

    if subject.suffix.lower() in (".toml", ".json"):
        if person or evidence or statement or until or purpose or by:
            raise RequestError(
                f"{subject.name} is a record; it says these things itself.",
                "Leave out the other options, or name the portrait or recording.",
            )
        draft, _ = read_consent_file(subject)
    else:
        draft = consent_of(
            subject,
            person=person,
            recorded_by=by,
            kind=kind,
            purposes=tuple(purpose or ("anchor",)),
            until=until,
            evidence=evidence,
            statement=statement,
        )
    _tell((ConsentRegister(settings_of()).add(draft),), as_json)


@consent_app.command("list")
def list_consents(as_json: AsJson = False) -> None:
    """Every consent on record, those taken back among them."""
    from pipelines.anchor.consents import ConsentRegister

    _tell(ConsentRegister(settings_of()).all(), as_json)


@consent_app.command("revoke")
def revoke(
    consent: Annotated[
        str, typer.Argument(metavar="ID", help="As listed; its first digits are enough.")
    ],
    by: Annotated[str, typer.Option(help="Who takes it back.")] = "",
    reason: Annotated[str, typer.Option(help="Why, in words.")] = "",
    as_json: AsJson = False,
) -> None:
    """Take a consent back: from now on nothing is made with it, nor let out."""
    from pipelines.anchor.consents import ConsentRegister

    _tell((ConsentRegister(settings_of()).revoke(consent, by, reason),), as_json)


def _tell(rows: tuple[Recorded, ...], as_json: bool) -> None:
    from studio.codec import to_json

    data = {"consents": [{"id": row.consent.id, **to_json(row)} for row in rows]}

    def show() -> None:
        if not rows:
            print("No consent is on record.")
        for row in rows:
            consent = row.consent
            ends = f"until {consent.until}" if consent.until else "without an end"
            if row.revoked:
                ends = f"REVOKED on {row.revoked} by {row.revoked_by}"
            print(
                f"{consent.id}  {consent.person} ({consent.kind}), "
                f"{' and '.join(consent.purposes)}, {ends}; recorded by {consent.recorded_by}"
            )

    emit(as_json, data, show)


def approve(
    folder: Annotated[
        Path | None, typer.Argument(metavar="DIR", help="What studio anchor wrote.")
    ] = None,
    by: Annotated[str, typer.Option(help="The name of the person who approves.")] = "",
    remark: Annotated[str, typer.Option(help="In words, kept with it.")] = "",
    withdraw: Annotated[
        bool, typer.Option("--withdraw", help="Take back every approval of this script.")
    ] = False,
    list_log: Annotated[
        bool, typer.Option("--list", help="The whole log; nothing is approved.")
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show what would be approved; write nothing.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Approve a segment by name: exactly this script with exactly what is aired with it.

    After any change of the script, a reading, the presenter, a picture, … what is made is a
    draft again, with its watermark. The log of approvals only grows.
    """
    from pipelines.anchor import approvals
    from studio.codec import to_json

    settings = settings_of()
    if list_log:
        rows = approvals.read_log(settings)
        said = [f"{r.at}  {r.person} {r.act} {r.script_sha256[:16]}… {r.remark}" for r in rows]
        emit(as_json, {"log": to_json(rows)}, lambda: print("\n".join(said) or "Empty."))
        return
    if folder is None:
        raise RequestError("No folder was given.", "studio approve DIR --by NAME")
    airing = approvals.read_request(folder)
    shown: dict[str, Any] = {
        "headline": airing.script.headline,
        "script_sha256": airing.script.digest,
        "inputs": airing.inputs(),
    }
    lines = [
        f"{airing.script.headline or 'No headline'}: {airing.script.digest}",
        *(f"  {line.text}" for line in airing.script.lines()),
        *(f"  with {name} {value[:16]}" for name, value in airing.inputs().items()),
    ]
    if not dry_run:
        if withdraw:
            entry = approvals.withdraw(airing.script.digest, by, settings, remark=remark)
        else:
            entry = approvals.approve(airing, by, settings, remark=remark)
        shown["entry"] = to_json(entry)
        lines.append(f"{entry.act} by {entry.person} at {entry.at}: {entry.digest}")
    emit(as_json, shown, lambda: print("\n".join(lines)))
