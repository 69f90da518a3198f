"""A segment in the making, as the page follows it: script, reading, voice, picture, approval,
film."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from pipelines.desk import Options as Act
from studio.archive.chained_log import digest_of
from studio.jobs.record import JobResult
from studio.media.writer import write_beside
from studio.settings import Settings
from ui.web.desk import Asked
from ui.web.makings import Card, Made, Making, Phase
from ui.web.messages import PageError

#: What a run of a segment is for.
READ, VOICE, LOOK, FILM = "read", "voice", "look", "film"
#: What is offered, in the order it is.
SETS = ("skyline", "newsroom", "atrium", "harbour", "wall")
STYLES = ("civic", "daybreak", "graphite")
#: What a wish is where nothing was wished.
WISHES: dict[str, Any] = {
    "language": "auto",
    "voice": "",
    "speed": 1.0,
    "set_name": "skyline",
    "style": "civic",
    "aspect": "16:9",
    "portrait": "",
    "small": False,
}
#: Wishes that do not change what is aired: an approval does not ask for them.
_NOT_AIRED = ("aspect", "small", "looking", "looked")
_SMALL_PX, _FULL_PX = 360, 1080


@dataclass(frozen=True)
class ReadingRow:
    """How a line is read.

    Attributes:
        id: of the line.
        written: as subtitles show it.
        read: as it is said.
        by_rules: as the rules would say it.
    """

    id: str
    written: str
    read: str
    by_rules: str


@dataclass(frozen=True)
class Request:
    """What an approval would be bound to.

    Attributes:
        script_sha256: of the exact script.
        inputs: what else is aired, by name, to its digest.
        stands: who approved exactly this; empty where nobody did.
        why: why it is a draft, in words.
    """

    script_sha256: str
    inputs: dict[str, str]
    stands: str
    why: str


class AnchorWork(Making):
    """One segment. Its script and its wishes are among :attr:`Making.values`."""

    kind: ClassVar[str] = "anchor"

    @property
    def phase(self) -> Phase:
        """What to show; a segment can always go on."""
        if not self.look().state.ended:
            return Phase.WHOLE if self.doing == FILM else Phase.PREVIEW
        return Phase.READY

    @property
    def folder(self) -> Path:
        """Where the segment's files lie: the same for all of its runs."""
        return self.out

    def read(self, text: str) -> None:
        """Take a script, and begin to read it.

        Raises:
            PageError: there is none, or something goes on already.
        """
        if not text.strip():
            raise PageError("anchor.no_script")
        self._make_way()
        source = self.folder / "script.md"
        if not source.is_file() or source.read_text(encoding="utf-8") != text:
            with write_beside(source) as beside:
                beside.write_text(text, encoding="utf-8", newline="\n")
        self.values["text"] = text
        self._begin(READ, self._step("anchor.read"))

    def rows(self) -> list[ReadingRow]:
        """How each line is read; nothing where nothing was read yet."""
        try:
            text = (self.folder / "reading.tsv").read_text(encoding="utf-8-sig")
        except OSError:
            return []
        rows = list(csv.reader(io.StringIO(text), delimiter="\t"))
        return [ReadingRow(*row) for row in rows[1:] if len(row) == 4]

    def edit(self, line: str, reading: str) -> None:
        """Say a line in another way; an empty reading gives it back to the rules.

        Raises:
            PageError: there is no such line, or something goes on.
        """
        self._make_way()
        reading = " ".join(reading.split())
        rows = self.rows()
        if all(row.id != line for row in rows):
            raise PageError("anchor.no_line")
        out = io.StringIO()
        sheet = csv.writer(out, delimiter="\t", lineterminator="\n")
        sheet.writerow(("id", "written", "read", "by the rules"))
        for row in rows:
            read = (reading or row.by_rules) if row.id == line else row.read
            sheet.writerow((row.id, row.written, read, row.by_rules))
        with write_beside(self.folder / "reading.tsv") as beside:
            beside.write_text(out.getvalue(), encoding="utf-8", newline="\n")
        self.keep()

    def speak(self) -> None:
        """Begin to say it."""
        self._make_way()
        self._begin(VOICE, Asked("anchor", self._options(stop_after="voice"), (self._source,)))

    def show(self) -> None:
        """Begin to draw a frame of each line, and to find out what is to be approved."""
        self._make_way()
        self.values["looking"] = self._aired()
        self._begin(LOOK, self._step("anchor.look"))

    def make_film(self) -> None:
        """Begin to make the film: as it was approved, or as a draft."""
        self._make_way()
        self._begin(FILM, Asked("anchor", self._options(), (self._source,)))

    def request(self, settings: Settings) -> Request | None:
        """What an approval would be bound to; None where the picture was not looked at since
        something of it changed.

        Raises:
            PolicyError: the log of approvals was tampered with.
        """
        from pipelines.anchor.approvals import REQUEST, approval_of, read_request
        from studio.errors import RequestError

        if self.values.get("looked") != self._aired() or not (self.folder / REQUEST).is_file():
            return None
        try:
            airing = read_request(self.folder)
        except RequestError:
            return None
        found, why = approval_of(airing, settings)
        return Request(
            airing.script.digest, airing.inputs(), found.person if found is not None else "", why
        )

    def approve(
        self,
        person: str,
        remark: str,
        script_sha256: str,
        account: str,
        settings: Settings,
        allow: Callable[[], None],
    ) -> None:
        """Put an approval of exactly what was shown on record.

        Args:
            person: who approves, by name.
            remark: in words.
            script_sha256: the hash that was shown to that person.
            account: who is signed in; "" on a machine without accounts.
            settings: where the log lies.
            allow: raises if that account may not approve.

        Raises:
            PageError: what was shown is no longer what would be made.
            PolicyError: nobody is named, or the log was tampered with.
        """
        from pipelines.anchor.approvals import approve, read_request

        shown = self.request(settings)
        if shown is None or shown.script_sha256 != script_sha256:
            raise PageError("anchor.stale")
        airing = read_request(self.folder)
        approve(airing, person, settings, remark=remark, account=account, allow=allow)

    def settle(self, doing: str, result: JobResult) -> None:
        """Files of each step are laid beside those of the steps before."""
        files = {name: Path(path) for name, path in result.files.items()}
        self.turn += 1
        if "cards" in files:
            top = files["cards"].parent
            rows = json.loads(files.pop("cards").read_text(encoding="utf-8"))
            self.cards = tuple(Card(name, group, top / file) for name, group, file in rows)
        if doing == LOOK:
            self.values["looked"] = self.values.get("looking")
        before = self.made.files if self.made is not None else {}
        self.made = Made({**before, **files}, result.facts, result.notes)

    @property
    def _source(self) -> Path:
        return self.folder / "script.md"

    @property
    def _sources(self) -> tuple[Path, ...]:
        return (self._source,)

    def _begin(self, doing: str, asked: Asked) -> None:
        self.start(doing, asked, waited_for=doing != FILM)

    def _aired(self) -> str:
        """A digest of the wishes and readings that decide what is aired."""
        wishes = {k: v for k, v in self.values.items() if k not in _NOT_AIRED}
        return digest_of([wishes, list(self.picked), [[r.id, r.read] for r in self.rows()]])

    def _step(self, act: str) -> Asked:
        from studio.codec import to_json

        # A job may write to the folder it is given, and to no other.
        asked = Act(act, self.folder, {"options": to_json(self._options())})
        return Asked("desk", asked, self._sources)

    def _options(self, **changes: Any) -> Any:
        """The wishes as ``studio anchor`` takes them; approval is no wish."""
        from pipelines.anchor.options import Options

        wish = {**WISHES, **{k: v for k, v in self.values.items() if v is not None}}
        return Options(
            self.folder,
            language=str(wish["language"]),
            voice=str(wish["voice"]),
            speed=float(wish["speed"]),
            presenter=str(wish["portrait"]) or (self.picked[0] if self.picked else ""),
            set_name=str(wish["set_name"]),
            style=str(wish["style"]),
            aspect=str(wish["aspect"]),
            height_px=_SMALL_PX if wish["small"] else _FULL_PX,
            **changes,
        )
