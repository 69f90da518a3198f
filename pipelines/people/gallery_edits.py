"""What ``studio people`` does to the gallery beside looking at footage."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from pipelines.people.corrections import change_everywhere
from pipelines.people.identities import open_gallery
from pipelines.people.references import read_reference
from studio.adapters import face_embedding, mtcnn
from studio.archive.gallery import Gallery, clean_name
from studio.jobs.job import Job


def add_photos(
    name: str, photos: Sequence[Path], gallery: Path | None, job: Job
) -> tuple[Gallery, tuple[str, ...]]:
    """Remember somebody from photographs. One that is no good refuses them all.

    Returns:
        The gallery, and what the user should know.

    Raises:
        MediaError: a file is no picture.
        RequestError: a picture does not show one clear face, or it is no name.
    """
    name = clean_name(name)
    known = open_gallery(job, gallery)
    with job.pool.lease(mtcnn.SPEC) as finder, job.pool.lease(face_embedding.SPEC) as model:
        faces = []
        for number, photo in enumerate(photos):
            job.report("people", number / len(photos), photo.name)
            faces.append(read_reference(photo, job, model, finder))
    return known, known.add(name, faces, face_embedding.SPEC.key)


def rename(gallery: Gallery, old: str, new: str) -> None:
    """Give somebody another name, in the gallery and in what was said of footage."""
    spelt = gallery.spelt(old)
    gallery.rename(old, new)
    change_everywhere(gallery.path, lambda said: said.renamed(spelt, gallery.spelt(new)))


def merge(gallery: Gallery, name: str, into: str) -> None:
    """Say that two are one person, in the gallery and in what was said of footage."""
    spelt, other = gallery.spelt(name), gallery.spelt(into)
    gallery.merge(name, into)
    change_everywhere(gallery.path, lambda said: said.renamed(spelt, other))


def remove(gallery: Gallery, name: str) -> None:
    """Forget somebody, in the gallery and in what was said of footage."""
    spelt = gallery.spelt(name)
    gallery.remove(name)
    change_everywhere(gallery.path, lambda said: said.without(spelt))
