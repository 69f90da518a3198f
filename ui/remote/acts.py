"""What the page does beside whole pipelines, for whoever asks from afar: the library and what was
made, what can be searched, who is known, and the check of a report.

Each act is a method with typed parameters and their meanings; ``ways.py`` offers it by its name.
"""

from __future__ import annotations

from ui.remote.library_acts import LibraryActs
from ui.remote.study_acts import StudyActs

#: Acts that a program may ask for, by the names of the methods.
ACTS = (
    *("list_footage", "add_footage", "remove_footage", "find_moved_footage"),
    *("list_projects", "new_project", "list_results", "forget_result"),
    *("list_searchable", "make_searchable"),
    *("list_people", "remember_person", "rename_person", "join_people", "split_person"),
    *("forget_person", "see_people", "tell_appearances", "tell_voice"),
    *("list_things", "remember_thing", "forget_thing"),
    *("draw_sample", "judge_sample", "move_job"),
)


class Acts(LibraryActs, StudyActs):
    """All of them."""
