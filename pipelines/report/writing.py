"""A report written film by film: of a film that is written nothing but its figures is kept, so a
collection of hours takes the memory of its longest film. What the page shows of each waits in a
file."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryFile
from types import TracebackType
from typing import IO, Any

from pipelines.report.annotations import cues_of, tiers_of
from pipelines.report.counting import Row, Tally
from pipelines.report.methods import file_card, methods_card
from pipelines.report.options import EVERY, KEY, Options
from pipelines.report.page import film_section, write_page
from pipelines.report.pictures import Pictures, write_pictures
from pipelines.report.raw_tables import HEADS, KINDS, Footage, raw_tables
from pipelines.report.words import Words
from studio.jobs.job import Job
from studio.models.spec import AnySpec
from studio.types.table import Table


class Writing:
    """Takes one film after the other, and writes the rest when there is no more.

    Args:
        options: of the report.
        names: of all films to come, as the tables call them.
        job: settings, progress.

    Attributes:
        files: kind of each file to its path.
    """

    def __init__(self, options: Options, names: Sequence[str], job: Job) -> None:
        from studio.tables.table_files import TableFiles

        self.files: dict[str, Path] = {}
        self._options, self._job, self._out = options, job, options.out
        self._say = Words(options.words)
        self._stems = dict(zip(names, stems_of(names), strict=True))
        self._tables = {
            name: TableFiles(name, head, KINDS, self._out / "raw") for name, head in HEADS.items()
        }
        self._open = ExitStack()
        self._tally = Tally()
        self._sections: IO[str] = TemporaryFile("w+", encoding="utf-8")  # noqa: SIM115 - see exit
        self._cards: list[dict[str, Any]] = []
        self._sources: dict[str, str] = {}

    def __enter__(self) -> Writing:
        """Begin the raw tables."""
        with ExitStack() as opened:
            for table in self._tables.values():
                opened.enter_context(table)
            self._open = opened.pop_all()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Where it failed, no table appears."""
        self._sections.close()
        self._open.__exit__(kind, error, trace)

    def add(self, film: Footage) -> None:
        """Write what was seen and heard in a film, and count it."""
        from studio.tables.elan import write_eaf, write_metadata_vtt

        self._job.check()
        records: dict[str, list[Row]] = {}
        for table in raw_tables(film, self._options):
            self._tables[table.name].add(table.rows)
            records[table.name] = list(table.records())
        figures = self._tally.add(records)
        stem, media = self._stems[film.name], film.analysis.media.path
        self.files[f"{stem}.eaf"] = self._out / f"{stem}.eaf"
        write_eaf(tiers_of(film.name, records), media, self.files[f"{stem}.eaf"])
        self.files[f"{stem}.vtt"] = self._out / f"{stem}.vtt"
        write_metadata_vtt(cues_of(film.name, records), self.files[f"{stem}.vtt"])
        pictures = Pictures()
        if self._options.thumbnails:
            pictures = write_pictures(film, stem, self._out, self._job)
        section = film_section(records, figures, pictures, self._say)
        self._sections.write(json.dumps(section, ensure_ascii=False) + "\n")
        self._cards.append(file_card(film))
        self._sources[film.name] = str(media)

    def finish(
        self, specs: Sequence[AnySpec]
    ) -> tuple[tuple[Table, ...], dict[str, Any], Mapping[str, int]]:
        """Write the figures, the methods and, where all of it is there, the page.

        Returns:
            The figures, the methods card, and how many rows each raw table has.
        """
        from studio.tables.table_files import write_csv, write_parquet

        self._open.close()  # the raw tables appear
        for name, table in self._tables.items():
            self.files |= {f"{name}.csv": table.csv, f"{name}.parquet": table.parquet}
        figures = self._tally.figures()
        for figure in figures:
            self._job.check()
            for suffix, write in ((".csv", write_csv), (".parquet", write_parquet)):
                self.files[figure.name + suffix] = self._out / (figure.name + suffix)
                write(figure, self.files[figure.name + suffix])
        methods = methods_card(self._cards, self._options, specs)
        self._json("sources", self._out / "raw" / "sources.json", self._sources)
        self._json("methods", self._out / "methods.json", methods)
        self.files["page"] = self._out / "report.html"
        self._sections.seek(0)
        sections = (json.loads(line) for line in self._sections)
        write_page(
            self.files["page"],
            tuple(self._sources),
            sections,
            figures,
            methods,
            self._sampling(),
            self._say,
        )
        return figures, methods, {name: table.rows for name, table in self._tables.items()}

    def _sampling(self) -> str:
        sampling = self._options.sampling
        if sampling in (EVERY, KEY):
            return self._say(f"sampling.{sampling}")
        return self._say("sampling.rate", rate=sampling)

    def _json(self, name: str, path: Path, value: Any) -> None:
        from studio.media.writer import write_beside

        self.files[name] = path
        with write_beside(path) as beside:
            beside.write_text(json.dumps(value, ensure_ascii=False, indent=1), encoding="utf-8")


def stems_of(names: Sequence[str]) -> list[str]:
    """Names of files made of the films' names: letters, digits, points and dashes, each once."""
    stems: list[str] = []
    for name in names:
        safe = "".join(c if c.isalnum() or c in "-." else "_" for c in Path(name).name)
        stem, number = safe.lstrip(".") or "film", 2
        while stem in stems:
            stem, number = f"{safe}-{number}", number + 1
        stems.append(stem)
    return stems
