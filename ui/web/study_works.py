"""What is understood of footage, as the page follows it: search, people, summaries, reports."""

from __future__ import annotations

import json
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any, ClassVar

from pipelines.desk import Options as Act
from studio.archive.work_rows import WorkRow
from studio.codec import from_json, to_json
from studio.errors import StudioError
from studio.jobs.record import JobResult
from studio.types.media import MediaInfo
from ui.web.desk import Asked, Desk
from ui.web.makings import Card, Made, Making, Phase
from ui.web.messages import PageError


class StudyWork(Making):
    """One such work. Each thing it does has a name; what that made last is in :attr:`runs`.

    Attributes:
        runs: name of what was done to what it made.
    """

    #: What of all it does is its result.
    main: ClassVar[str]

    def __init__(self, desk: Desk, row: WorkRow, out: Path) -> None:
        super().__init__(desk, row, out)
        self.runs: dict[str, Made] = {}

    @property
    def busy(self) -> bool:
        """Whether something goes on."""
        return not self.look().state.ended

    @property
    def phase(self) -> Phase:
        """What to show; such a work can always go on."""
        return Phase.WHOLE if self.busy else Phase.READY

    @property
    def state_seen(self) -> tuple[Any, ...]:
        """Differs where a page would show something else."""
        view = self.look()
        return self.doing, view.state, self.turn

    def begin(
        self,
        doing: str,
        act: str,
        asked: dict[str, Any],
        *,
        sources: Sequence[Path] = (),
        beside: Sequence[Path] = (),
        waited_for: bool = True,
    ) -> Path:
        """Start an act in a folder of its own below the page's.

        Raises:
            PageError: something goes on already.
        """
        if self.busy:
            raise PageError("run.busy")
        self.turn += 1
        out = self.page_dir / f"{doing}-{self.turn}"
        step = Asked("desk", Act(act, out, asked), tuple(sources), tuple(beside))
        self.start(doing, step, waited_for=waited_for)
        return out

    def settle(self, doing: str, result: JobResult) -> None:
        """Keep what was made; the cards are for the library."""
        files = {name: Path(path) for name, path in result.files.items()}
        self.turn += 1
        cards = files.pop("cards", None)
        if cards is not None:
            rows = json.loads(cards.read_text(encoding="utf-8"))
            self.cards = tuple(Card(name, group, cards.parent / f) for name, group, f in rows)
        self.runs[doing] = Made(files, result.facts, result.notes)
        if doing == self.main:
            self.made = self.runs[doing]

    def plain(self) -> dict[str, Any]:
        """All that is not of the run."""
        return {**super().plain(), "runs": {n: to_json(made) for n, made in self.runs.items()}}

    def restore(self, plain: dict[str, Any]) -> None:
        """From what :meth:`plain` gave."""
        plain = dict(plain)
        self.runs = {n: from_json(Made, made) for n, made in plain.pop("runs").items()}
        super().restore(plain)

    def told(self, doing: str, file: str) -> Any:
        """What a file of a run says; None where it is not there."""
        made = self.runs.get(doing)
        return read_json(made.files[file]) if made is not None and file in made.files else None


def read_json(path: Path) -> Any:
    """Plain values of a file; None where it is not there, or not whole."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None


class SearchWork(StudyWork):
    """A search: one question after the other, and what was kept of their answers.

    ``values`` has the ``question``, the folder of its answers (``asking``) and the ``bin``.
    """

    kind: ClassVar[str] = "search"
    main: ClassVar[str] = "export"
    ASK, ADD, EXPORT = "ask", "add", "export"

    def ask(self, asked: dict[str, Any], beside: Sequence[Path]) -> None:
        """Ask; a question that is being answered gives way.

        Args:
            asked: ``search`` or ``recommend`` with the options of it as plain values.
            beside: films that pictures are taken from.
        """
        if self.busy and self.doing == self.ASK:
            self.cancel()
        elif self.busy:
            raise PageError("run.busy")
        self.turn += 1
        out = self.page_dir / f"ask-{self.turn}"
        self.values["asking"] = str(out)
        self.values["asked"] = asked
        step = Asked("desk", Act("search.ask", out, asked), (), tuple(beside))
        self.start(self.ASK, step, waited_for=True)

    @property
    def answer(self) -> dict[str, Any] | None:
        """The answers of the last question: also while their pictures are still drawn."""
        asking = self.values.get("asking")
        found = read_json(Path(asking) / "hits.json") if asking else None
        return found if isinstance(found, dict) else None

    @property
    def drawn(self) -> int:
        """How many answers have their pictures."""
        asking = self.values.get("asking")
        return len(list(Path(asking).glob("*-strip.jpg"))) if asking else 0

    @property
    def state_seen(self) -> tuple[Any, ...]:
        """Differs where a page would show something else."""
        return *super().state_seen, self.answer is not None, self.drawn

    @property
    def bin(self) -> list[dict[str, Any]]:
        """Answers that were kept, in order: ``hit`` and the folder and number of its picture."""
        kept: list[dict[str, Any]] = self.values.setdefault("bin", [])
        return kept

    def keep_hit(self, number: int) -> None:
        """Put an answer into the bin, or take it out.

        Raises:
            PageError: there is no such answer.
        """
        answer = self.answer
        if answer is None or not 0 <= number < len(answer["hits"]):
            raise PageError("search.no_hit")
        hit = answer["hits"][number]
        rest = [each for each in self.bin if key_of(each["hit"]) != key_of(hit)]
        if len(rest) == len(self.bin):
            picture = Path(self.values["asking"]) / f"{number:03}-poster.jpg"
            rest.append({"hit": hit, "picture": str(picture)})
        self.values["bin"] = rest
        self.keep()

    def export(self, clips: bool, beside: Sequence[Path]) -> None:
        """Write what the bin holds as a table, timelines and, where wished, films.

        Raises:
            PageError: the bin is empty, or something goes on.
        """
        if not self.bin:
            raise PageError("search.bin_empty")
        if self.busy and self.doing == self.ASK:
            self.cancel()
        elif self.busy:
            raise PageError("run.busy")
        self.turn += 1
        asked = self.values.get("asked", {})
        name = (asked.get("search") or asked.get("recommend") or {}).get("text") or "search"
        plain = {"hits": [each["hit"] for each in self.bin], "clips": clips, "name": name}
        step = Asked("desk", Act("search.export", self.out, plain), (), tuple(beside))
        self.start(self.EXPORT, step, waited_for=not clips)


def key_of(hit: dict[str, Any]) -> tuple[Any, ...]:
    """What makes two answers the same."""
    return hit["media"]["content_hash"], hit["start_frame"], hit["end_frame"], hit["start_s"]


class PeopleWork(StudyWork):
    """Who is seen in a film; decisions about it are kept where ``studio people`` keeps them."""

    kind: ClassVar[str] = "people"
    main: ClassVar[str] = "look"
    LOOK, ADD = "look", "add"

    def watch(self, info: MediaInfo, voices: bool, **decisions: Any) -> None:
        """Begin to look at a film, or to look again after a decision.

        Raises:
            PageError: something goes on.
        """
        self.info = info
        again = self.runs.get(self.LOOK) is not None
        self.values["voices"] = voices
        self.begin(
            self.LOOK,
            "people.look",
            {"voices": voices, **decisions},
            sources=(info.path,),
            waited_for=again,
        )


class CutsWork(StudyWork):
    """Where the cuts of a film are; what is said of them is kept where ``studio cuts`` keeps it."""

    kind: ClassVar[str] = "cuts"
    main: ClassVar[str] = "look"
    LOOK = "look"

    def look_at(self, info: MediaInfo, **said: Any) -> None:
        """Begin to look at a film, or to look again after something was said.

        Raises:
            PageError: something goes on.
        """
        self.info = info
        again = self.runs.get(self.LOOK) is not None
        self.begin(self.LOOK, "cuts.look", said, sources=(info.path,), waited_for=again)


class ThingsWork(StudyWork):
    """Known things, and where they are seen in a film."""

    kind: ClassVar[str] = "things"
    main: ClassVar[str] = "find"
    FIND, ADD = "find", "add"

    def look_for(self, info: MediaInfo) -> None:
        """Begin to look for everything that is known.

        Raises:
            PageError: something goes on.
        """
        self.info = info
        self.begin(self.FIND, "things.find", {}, sources=(info.path,), waited_for=False)

    def remember(self, name: str, pictures: Sequence[Path]) -> None:
        """Begin to remember a thing by its pictures.

        Raises:
            PageError: something goes on.
        """
        asked = {"name": name, "pictures": [str(path) for path in pictures]}
        self.begin(self.ADD, "things.add", asked, beside=pictures)


class SummaryWork(StudyWork):
    """A summary."""

    kind: ClassVar[str] = "summary"
    main: ClassVar[str] = "make"
    MAKE = "make"

    def summarise(self, info: MediaInfo, options: Any) -> None:
        """Begin; ``options`` are those of ``studio summary``.

        Raises:
            PageError: something goes on.
        """
        if self.busy:
            raise PageError("run.busy")
        self.info = info
        self.turn += 1
        asked = Act("summary.make", self.out, {"options": to_json(options)})
        beside = () if options.scorer is None else (options.scorer,)
        self.start(self.MAKE, Asked("desk", asked, (info.path,), beside), waited_for=False)


class ReportWork(StudyWork):
    """A report, and the checks of it."""

    kind: ClassVar[str] = "report"
    main: ClassVar[str] = "make"
    MAKE, DRAW, JUDGE = "make", "draw", "judge"

    def make_report(self, sources: Sequence[Path], options: Any) -> None:
        """Begin; ``options`` are those of ``studio report`` but for the folder.

        Raises:
            PageError: something goes on.
        """
        if self.busy:
            raise PageError("run.busy")
        self.turn += 1
        self.values.pop("marks", None)
        self.values.pop("labels", None)
        self.runs.pop(self.DRAW, None)
        self.runs.pop(self.JUDGE, None)
        self.start(self.MAKE, Asked("report", options, tuple(sources)), waited_for=False)

    def settle(self, doing: str, result: JobResult) -> None:
        """The first shots of the page stand for it in the library."""
        super().settle(doing, result)
        if doing == self.MAKE:
            pictures = sorted((self.out / "pictures").glob("*.jpg"))[:1]
            self.cards = tuple(Card(path.stem, "shots", path) for path in pictures)

    def draw_sample(self, count: int, seed: int, films: Sequence[Path]) -> None:
        """Begin to draw a sample to check.

        Raises:
            PageError: there is no report, or something goes on.
        """
        if self.made is None:
            raise PageError("report.none")
        for name in ("marks", "labels"):
            self.values.pop(name, None)
        self.runs.pop(self.JUDGE, None)
        asked = {"report": str(self.out), "sample": count, "seed": seed}
        self.values["sample"] = str(
            self.begin(self.DRAW, "report.draw", asked, beside=(self.out, *films))
        )

    def mark(self, row: str, wrong: int, missed: int) -> None:
        """A coder looked at a row: so many finds are wrong, so many are missing."""
        self.values.setdefault("marks", {})[row] = [wrong, missed]
        self.keep()

    def label(self, row: str, word: str) -> None:
        """A coder named the kind of a shot; an empty word takes it back."""
        labels = self.values.setdefault("labels", {})
        if word:
            labels[row] = word
        else:
            labels.pop(row, None)
        self.keep()

    def judge(self, coder: str) -> None:
        """Begin to count over the marks.

        Raises:
            PageError: nobody checks, nothing was marked, or something goes on.
        """
        if not coder.strip():
            raise PageError("report.no_coder")
        marks, labels = self.values.get("marks", {}), self.values.get("labels", {})
        if not marks and not labels:
            raise PageError("report.no_marks")
        asked = {
            "report": str(self.out), "sample": self.values["sample"], "coder": coder,
            "marks": marks, "labels": labels,
        }  # fmt: skip
        self.begin(self.JUDGE, "report.judge", asked, beside=(self.out,))


#: Kinds of works to their classes.
STUDIES: dict[str, type[StudyWork]] = {
    each.kind: each
    for each in (SearchWork, PeopleWork, CutsWork, ThingsWork, SummaryWork, ReportWork)
}


def seconds_of(text: str) -> Fraction | None:
    """Seconds that a page sent; None where it sent none.

    Raises:
        PageError: it is no time.
    """
    if not text.strip():
        return None
    try:
        return Fraction(text.strip())
    except (ValueError, ZeroDivisionError) as exc:
        raise PageError("people.no_time") from exc


def scorer_of(text: str, resolve: Any) -> Path | None:
    """The file of a trained scorer that was named; None for the studio's own editor.

    Raises:
        StudioError: it is not below the folders that the page may open.
    """
    text = text.strip()
    if not text:
        return None
    found: Path = resolve(text)
    if not found.is_file():
        raise StudioError(f"{text} is no file.", "Name a network of studio train summary.")
    return found
