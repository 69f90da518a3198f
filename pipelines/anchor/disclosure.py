"""The gate: what is made of a person or by a model says so, or it is not made.

:func:`gate` asks the registers of consents and approvals and is the only source of a
:class:`Disclosure`; what encodes frames takes one and stamps each frame with it; and
:func:`release` lets a finished film out: it looks for the stamp in every frame, asks the
registers once more, and signs last.

A disclosure is sealed with a number that this process drew by chance: one that was put together
by hand, or changed after the gate, is refused. That holds against mistakes and short cuts, not
against somebody who rewrites this file.
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipelines.anchor.approvals import approval_of
from pipelines.anchor.consents import ConsentRegister
from pipelines.anchor.policy import Airing, Approval, Consent, Purpose
from studio.archive.chained_log import canonical
from studio.codec import to_json
from studio.errors import ConsentMissing, DisclosureRequired
from studio.settings import Settings

if TYPE_CHECKING:
    from studio.media.disclosure_label import Corner, LabelAudit, Stamp

#: Of what is drawn; another number makes every chunk anew.
LABEL_VERSION = 2
LABELS: Mapping[str, str] = {"en": "AI-generated", "ko": "AI 생성"}
WATERMARKS: Mapping[str, str] = {"en": "DRAFT – NOT APPROVED", "ko": "초안 – 승인 전"}

_SEAL = secrets.token_bytes(32)


@dataclass(frozen=True)
class Cover:
    """A consent that covers what is aired.

    Attributes:
        purpose: what for, ``anchor`` or ``voice``.
        consent: as recorded.
    """

    purpose: Purpose
    consent: Consent


@dataclass(frozen=True)
class Disclosure:
    """Leave to make a film, and what each of its frames must say. Only :func:`gate` makes one.

    Attributes:
        airing: what may be made.
        inputs: all that is aired beside the script, by name, to its digest.
        label: words of the label, in the language of the segment.
        watermark: words across the picture of a draft; empty where it is approved.
        why_draft: why it is one, in words; empty where it is approved.
        approval: that stands; None for a draft.
        covers: the consents for likeness and voice.
        corner: where the label lies.
        seal: that it came from the gate.
    """

    airing: Airing
    inputs: Mapping[str, str]
    label: str
    watermark: str
    why_draft: str
    approval: Approval | None
    covers: tuple[Cover, ...]
    corner: Corner
    seal: str = field(repr=False, default="")

    @property
    def draft(self) -> bool:
        """Whether it is a draft."""
        return self.approval is None

    @property
    def made_by(self) -> list[Any]:
        """All that decides what is stamped, as plain values: part of a chunk's name."""
        return [LABEL_VERSION, self.label, self.watermark, self.corner]

    def stamp(self, size_wh: tuple[int, int]) -> Stamp:
        """What is to be laid on every frame of that size: ``stamp(rgb)`` changes the frame.

        Raises:
            DisclosureRequired: this did not come from the gate.
            RequestError: the frames are too small for the label to be read.
        """
        from studio.media.disclosure_label import stamp_for

        self.check()
        return stamp_for(size_wh, self.label, self.watermark, self.corner)

    def label_xyxy(self, size_wh: tuple[int, int]) -> tuple[int, int, int, int]:
        """Where the label lies in frames of that size: graphics keep clear of it."""
        return self.stamp(size_wh).box_xyxy

    def check(self) -> None:
        """Refuse what did not come from the gate, or was changed since.

        Raises:
            DisclosureRequired: it is not as the gate gave it.
        """
        if not hmac.compare_digest(self.seal.encode(), _sealed(self).encode()):
            raise DisclosureRequired(
                "This disclosure did not come from the gate, or was changed since.",
                "Ask for one: pipelines.anchor.disclosure.gate",
            )

    def require(self, script_sha256: str, presenter: str, people: bool) -> None:
        """Refuse to let it stand for another script or presenter than it was given for.

        Args:
            script_sha256: :attr:`Script.digest` of what is about to be encoded.
            presenter: its name.
            people: whether the presenter looks like a real person (or any portrait).

        Raises:
            DisclosureRequired: it is about something else.
            ConsentMissing: a portrait is shown for which no consent was asked.
        """
        self.check()
        mine = (self.airing.script.digest, self.airing.presenter)
        if (script_sha256, presenter) != mine:
            raise DisclosureRequired(
                f"The gate was asked about another script or presenter than {presenter}.",
                "Ask it about exactly what is to be made.",
            )
        if people and not any(cover.purpose == "anchor" for cover in self.covers):
            raise ConsentMissing(
                f"{presenter} shows a person, and no consent was asked for.",
                "Name the portrait to the gate.",
            )


def _sealed(disclosure: Disclosure) -> str:
    airing = disclosure.airing
    body = [
        airing.script.digest,
        airing.presenter,
        str(airing.portrait),
        str(airing.voice_over),
        dict(airing.aired),
        airing.draft,
        dict(disclosure.inputs),
        disclosure.label,
        disclosure.watermark,
        disclosure.why_draft,
        to_json(disclosure.approval),
        to_json(disclosure.covers),
        disclosure.corner,
    ]
    return hmac.new(_SEAL, canonical(body).encode("utf-8"), sha256).hexdigest()


def gate(
    airing: Airing,
    settings: Settings,
    *,
    corner: Corner = "top-left",
    today: date | None = None,
) -> Disclosure:
    """Ask whether this may be made; before anything is drawn.

    A portrait needs a consent for ``anchor``, a recorded voice one for ``voice``: both are looked
    up in the machine's register, by the hash of the file as it is now. Without an approval of
    exactly this, the answer is a draft.

    Args:
        airing: what is to be made.
        settings: where the registers lie.
        corner: where the label is to lie.
        today: the day; the machine's where not given.

    Raises:
        ConsentMissing: no consent that stands covers the portrait or the voice.
        PolicyError: a file cannot be read, or a register was tampered with.
    """
    register = ConsentRegister(settings)
    covers = []
    if airing.portrait is not None:
        covers.append(Cover("anchor", register.require(airing.portrait, "anchor", today)))
    if airing.voice_over is not None:
        covers.append(Cover("voice", register.require(airing.voice_over, "voice", today)))
    approval, why = approval_of(airing, settings)
    if airing.draft:
        approval, why = None, "a draft was asked for"
    language = airing.script.language
    made = Disclosure(
        airing,
        airing.inputs(),
        LABELS[language],
        WATERMARKS[language] if approval is None else "",
        why,
        approval,
        tuple(covers),
        corner,
    )
    return replace(made, seal=_sealed(made))


@dataclass(frozen=True)
class Release:
    """What was found before a film was let out.

    Attributes:
        audit: of label and watermark, frame by frame.
        signed_by: name of the signing identity.
        notes: what a user should know.
    """

    audit: LabelAudit
    signed_by: str
    notes: tuple[str, ...]


def release(
    film: Path,
    disclosure: Disclosure,
    settings: Settings,
    *,
    title: str,
    ingredients: Sequence[Path] = (),
    on_frame: Callable[[int], None] | None = None,
) -> Release:
    """Let a finished film out; called on the file that is written beside, before its renaming.

    Every frame is looked at for the label, and the watermark of a draft; the registers are asked
    again, for a consent may have been taken back meanwhile; then IPTC's source type is written,
    and the film is signed, last of all.

    Args:
        film: an MP4 of stamped frames whose tags are those of a :class:`FilmMark` with the deed
            ``made`` and ``signed``; changed in place.
        disclosure: what its frames were stamped with.
        settings: limits and registers.
        title: what the film will be called.
        ingredients: footage, portrait and pictures it was made from.
        on_frame: called with each frame's number during the audit; what it raises ends it.

    Raises:
        DisclosureRequired: a frame or the tags lack what they must say, or what may be aired
            changed since the gate.
        ConsentMissing: a consent was taken back.
        PolicyError: as :func:`gate`.
        EncodeFailed: it cannot be signed.
    """
    from studio.errors import RequestError
    from studio.media.disclosure_label import audit_label
    from studio.media.film_mark import read_mark
    from studio.media.probe import frame_times, probe
    from studio.media.xmp import append_xmp
    from studio.provenance.signing import Ingredient, Statement, sign

    disclosure.check()
    try:
        mark = read_mark(film, settings)
    except RequestError as exc:
        raise DisclosureRequired(
            f"{title} does not say what made it.", "Write its tags with FilmMark.to_metadata()."
        ) from exc
    if mark.deed != "made" or not mark.signed:
        raise DisclosureRequired(
            f"{title} does not say in its tags that it was made, and is signed.", "Report it."
        )
    info = probe(film, settings)
    if info.video is None:
        raise DisclosureRequired(f"{title} has no picture to be labelled.", "Report it.")
    audit = audit_label(
        info, frame_times(info, settings), disclosure.stamp(info.video.display_wh), on_frame
    )
    if not audit.passed:
        where = ", ".join(f"{s}" for s in audit.missing_s[:8]) or "all of it"
        raise DisclosureRequired(
            f"{title} lacks its label{' or its watermark' if disclosure.watermark else ''} "
            f"in second {where}.",
            "Make it again; if it happens again, report it.",
        )
    _require_same(disclosure, gate(disclosure.airing, settings, corner=disclosure.corner), title)
    append_xmp(film, mark.deed)
    named = [disclosure.airing.portrait, disclosure.airing.voice_over, *ingredients]
    paths = dict.fromkeys(path for path in named if path is not None)
    statement = Statement(title, mark, [Ingredient(path) for path in paths], _house(disclosure))
    who, notes = sign(film, statement, settings)
    return Release(audit, who, notes)


def _require_same(given: Disclosure, now: Disclosure, title: str) -> None:
    """Refuse a film whose leave is no longer what it was made with."""
    changed = sorted(
        n for n in {*given.inputs, *now.inputs} if given.inputs.get(n) != now.inputs.get(n)
    )
    if changed:
        raise DisclosureRequired(
            f"What {title} was made from changed meanwhile: {', '.join(changed)}.",
            "Make it again from what lies there now.",
        )
    if now.draft and not given.draft:
        raise DisclosureRequired(
            f"{title} was made as approved, and is no longer: {now.why_draft}.",
            "Have it approved again, or make the draft.",
        )


def _house(disclosure: Disclosure) -> dict[str, Any]:
    """What goes into the signature; of consents no names, for a film goes everywhere."""
    approval = disclosure.approval
    return {
        "label": disclosure.label,
        "draft": disclosure.why_draft,
        "script_sha256": disclosure.airing.script.digest,
        "inputs": dict(disclosure.inputs),
        "approved_by": approval.person if approval else "",
        "approved_at": approval.at if approval else "",
        "approval": approval.digest if approval else "",
        "consents": [
            {"id": c.consent.id, "kind": c.consent.kind, "purpose": c.purpose}
            for c in disclosure.covers
        ],
    }
