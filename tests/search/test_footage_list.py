"""One list of footage: projects of the library are searched by name, each for its owner alone,
and text that was read in the picture is found."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest

from pipelines import cuts, search
from pipelines.analysis.word_corrections import WordEdit, keep_words, words_file
from pipelines.search import asking
from pipelines.search.corrections_changed import renew
from pipelines.search.footage_list import enter, listed
from pipelines.search.indexing import _keep
from pipelines.search.library import Library as Index
from studio.archive.library import Library, library_path
from studio.errors import RequestError
from studio.jobs.job import Job
from studio.media.probe import probe
from studio.models.pool import ModelPool
from studio.settings import Settings
from studio.types.analysis import TextSeen
from tests.footage import counted_clip
from tests.search.test_library import analysed


@pytest.fixture(scope="module")
def pool(studio_cache: Path) -> ModelPool:
    return ModelPool(Settings(cache_dir=studio_cache))


@pytest.fixture
def job(studio_cache: Path, tmp_path: Path, pool: ModelPool) -> Job:
    return Job(Settings(cache_dir=studio_cache, data_dir=tmp_path / "data"), pool)


def test_projects_are_searched_by_name_each_for_its_owner(job: Job, tmp_path: Path):
    films = [analysed(f"{n}.mp4", {"dog": (0, 400)}) for n in "abc"]
    footage = Library.open(library_path(job.settings))
    harbour = footage.new_project("Harbour", tmp_path / "harbour")
    theirs = footage.new_project("Secret", tmp_path / "secret", owner="mina")
    footage.new_project("Empty", tmp_path / "empty")
    for film, owner, project in (
        (films[0], "", harbour.id),
        (films[1], "mina", theirs.id),
        (films[2], "", harbour.id),
    ):
        footage.add(film.media, owner, project)
    footage.close()
    index = Index(job.settings.data_dir / "search")
    for film in films[:2]:
        _keep(index, film, "{}", job)

    def asked(name: str, owner: str = "") -> tuple[set[str], tuple[str, ...]]:
        options = search.Options("dog", collection=name, owner=owner)
        media = asking.chosen_media(index, name, job.settings, owner)
        hits, _, _ = asking.ask(index, options, media, job)
        return {h.media.name for h in hits}, asking.not_searchable(media, options, job)

    try:
        found, notes = asked("harbour")
        assert found == {"a.mp4"} and "1 file(s) of harbour cannot be searched yet" in notes[0]
        assert asked(theirs.id, "mina") == ({"b.mp4"}, ())
        with pytest.raises(RequestError, match="no collection called Secret") as refused:
            asked("Secret")
        assert "Harbour" in refused.value.hint and "Secret" not in refused.value.hint
        with pytest.raises(RequestError, match="Nothing of the project"):
            asked("Empty")
        assert _keep(index, replace(films[0], notes=("again",)), "{}", job).number == 1
        assert len(index.index.media()) == 2, "no footage twice"
    finally:
        index.close()


def test_the_library_is_taken_whole_and_learns_of_files(job: Job, tmp_path: Path):
    one = counted_clip(tmp_path / "one.mp4", 30)
    two = counted_clip(tmp_path / "two.mp4", 40)
    with pytest.raises(RequestError, match="no footage was given"):
        search.add([], search.IndexOptions(library=True), job)
    enter(job.settings, probe(one, job.settings))
    options = search.IndexOptions(library=True, people=False)
    made = search.add([], options, job)
    assert [m.name for m in made.media] == ["one.mp4"] and made.added[0].state == "new"
    both = search.add([two, two], options, job)
    assert [a.state for a in both.added] == ["new", "known"]
    known = listed(job.settings)
    assert known is not None and {p.name for p in known.paths} == {"one.mp4", "two.mp4"}
    moved = tmp_path / "elsewhere.mp4"
    one.rename(moved)
    again = search.add([moved], options, job)
    assert again.added[0].state == "moved" and len(again.media) == 2
    assert {p.name for p in listed(job.settings).paths} == {"elsewhere.mp4", "two.mp4"}
    # A cut that a person adds parts a shot of the index at the next question; nothing is looked
    # at again for it.
    cuts.run(two, cuts.Options(add=("f12",)), job)
    index = Index(job.settings.data_dir / "search")
    try:
        media, notes = renew(index, index.index.media(), job)
        spans = {m.name: [span[:2] for span in index.index.shots(m.number).spans] for m in media}
        assert spans == {"elsewhere.mp4": [(0, 30)], "two.mp4": [(0, 12), (12, 40)]}
        assert any("1 added" in note for note in notes)
        assert renew(index, media, job) == (media, ()), "once"
        # So it is with a word that a person mends.
        path = words_file(job.settings.data_dir, media[0].content_hash, 1)
        keep_words(path, (), (WordEdit(Fraction(0), Fraction(1), "soul", "Seoul"),))
        media, _ = renew(index, media, job)
        assert ['"words"' in m.made_by for m in media] == [True, False]
        assert renew(index, media, job) == (media, ()), "once"
    finally:
        index.close()
    cuts.run(two, cuts.Options(undo=True), job)
    assert search.add([two], options, job).added[0].state == "renewed"


def test_what_was_read_in_the_picture_is_found(job: Job, tmp_path: Path):
    corners = ((0.1, 0.1), (0.4, 0.1), (0.4, 0.2), (0.1, 0.2))
    signs = (
        TextSeen("Port Authority", Fraction(5), Fraction(8), 150, corners, 0.95, 6),
        TextSeen("—", Fraction(1), Fraction(2), 30, corners, 0.9, 2),
    )
    index = Index(tmp_path / "own")
    try:
        _keep(index, replace(analysed("d.mp4", {}), texts=signs), "{}", job)
        media = index.index.media()
        hits, _, _ = asking.ask(index, search.Options("port authority"), media, job)
        assert (hits[0].start_s, hits[0].end_s, hits[0].shot) == (5.0, 8.0, 1)
        assert hits[0].reasons[0].kind == "text"
        assert not [p for p in index.index.phrases(("text",)) if p.text == "—"]
    finally:
        index.close()
