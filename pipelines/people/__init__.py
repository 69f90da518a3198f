"""Who is seen in footage, by face.

- ``run(source, options, job) -> Result``: one film, as ``studio people identify`` does it.
- ``identities(analysis, gallery, job) -> People``: of footage that is analysed already (shots
  and faces). ``People.tracks`` are faces through shots, ``People.persons`` those that belong
  together, ``People.name_of(track)`` the name or None.
- ``open_gallery(job, path | None) -> Gallery``: known people; ``Gallery.name_of(vectors)`` names
  faces one by one.
- ``names_of_tracks(vectors, frames, gallery) -> list[str | None]``: pure; one name a track, by
  vote over its best pictures, never one name for two tracks in one frame.
"""

from pipelines.people.describe import describe, summarise
from pipelines.people.identities import identities, open_gallery
from pipelines.people.naming import names_of_tracks
from pipelines.people.options import Options
from pipelines.people.pipeline import run
from pipelines.people.result import Result

__all__ = [
    "Options",
    "Result",
    "describe",
    "identities",
    "names_of_tracks",
    "open_gallery",
    "run",
    "summarise",
]
