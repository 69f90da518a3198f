"""The tabs of the page, in their order and groups: a new tab is one row of :data:`TABS`."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Any, Protocol

import gradio as gr

from ui.web.messages import LANGUAGES, Say
from ui.web.tabs.anchor import AnchorTab
from ui.web.tabs.avatar import AvatarTab
from ui.web.tabs.cuts import CutsTab
from ui.web.tabs.filters import FiltersTab
from ui.web.tabs.generate import GenerateTab
from ui.web.tabs.jobs import JobsTab
from ui.web.tabs.library import LibraryTab
from ui.web.tabs.looks import LooksTab
from ui.web.tabs.machine import ModelsTab
from ui.web.tabs.making_tab import MakingTab
from ui.web.tabs.people import PeopleTab
from ui.web.tabs.report import ReportTab
from ui.web.tabs.search import SearchTab
from ui.web.tabs.settings import SettingsTab
from ui.web.tabs.study_tab import StudyTab
from ui.web.tabs.subtitles import SubtitlesTab
from ui.web.tabs.summary import SummaryTab
from ui.web.tabs.texts import Texts
from ui.web.tabs.things import ThingsTab
from ui.web.tabs.trailer import TrailerTab

if TYPE_CHECKING:
    from ui.web.app import Studio


@dataclass(frozen=True)
class Place:
    """Where a tab is built.

    Attributes:
        studio: what stands behind the page.
        header: the page's head: it tells of another language.
        tabs: to come forward when an address asks for it.
    """

    studio: Studio
    header: gr.HTML
    tabs: gr.Tabs


class Tab(Protocol):
    """What a tab is to the page."""

    @property
    def texts(self) -> Texts:
        """Components whose words change with the language."""

    def build(self, page: gr.Blocks) -> None:
        """Lay the tab out and connect it; to be called inside it."""


@dataclass(frozen=True)
class TabRow:
    """One tab.

    Attributes:
        group: it stands in; its title is the message ``tabs.GROUP``.
        id: in the page's address and in ``data-tab-id``.
        label: key of its name.
        make: makes it.
    """

    group: str
    id: str
    label: str
    make: Callable[[Place], Tab]


def _library(place: Place) -> Tab:
    studio = place.studio
    return LibraryTab(
        (studio.works, studio.subtitles, studio.makings),
        studio.uploads, studio.roots, studio.settings, place.header, shelf=studio.shelf,
    )  # fmt: skip


def _of_works(kind: Callable[..., Tab], works: str) -> Callable[[Place], Tab]:
    """A tab that takes files and follows works: ``works`` names them in :class:`Studio`."""

    def make(place: Place) -> Tab:
        studio = place.studio
        return kind(
            getattr(studio, works), studio.uploads, studio.roots, studio.settings, place.header,
            place.tabs,
        )  # fmt: skip

    return make


def _making(kind: type[MakingTab]) -> TabRow:
    return TabRow("make", kind.name, f"{kind.name}.tab", _of_works(kind, "makings"))


def _study(kind: type[StudyTab]) -> TabRow:
    return TabRow("understand", kind.name, f"{kind.name}.tab", _of_works(kind, "makings"))


#: Rows of one group stand together.
TABS: tuple[TabRow, ...] = (
    TabRow("footage", "library", "library.tab", _library),
    _study(SearchTab),
    _study(PeopleTab),
    _study(CutsTab),
    _study(ThingsTab),
    _study(SummaryTab),
    _study(ReportTab),
    TabRow("make", "trailer", "trailer.tab", _of_works(TrailerTab, "works")),
    TabRow("make", "subtitles", "sub.tab", _of_works(SubtitlesTab, "subtitles")),
    _making(LooksTab),
    _making(FiltersTab),
    _making(AvatarTab),
    _making(GenerateTab),
    TabRow("make", "anchor", "anchor.tab", _of_works(AnchorTab, "makings")),
    TabRow("machine", "jobs", "jobs.tab", lambda p: JobsTab(p.studio.desk.queue, p.header)),
    TabRow("machine", "models", "models.tab", lambda p: ModelsTab(p.studio.settings, p.header)),
    TabRow("machine", "settings", "settings.tab", lambda p: SettingsTab(p.studio, p.header)),
)


def lay_tabs(page: gr.Blocks, studio: Studio, header: gr.HTML) -> None:
    """Lay all tabs out; to be called inside the page."""
    with gr.Tabs(
        selected="library", overflow_behavior="wrap", elem_id="tabs", elem_classes="st-tabs"
    ) as tabs:
        for row in TABS:
            tab = row.make(Place(studio, header, tabs))
            with tab.texts.make(gr.Tab, {"label": row.label}, id=row.id):
                tab.build(page)


def group_rules() -> str:
    """Titles of the groups over their first tab, in the page's language.

    They are for the eye: a reader of the screen hears the tabs' own names alone.
    """
    rules = []
    for group, rows in groupby(TABS, lambda row: row.group):
        first = next(rows).id
        tab = f'.st-tabs [role="tab"][data-tab-id="{first}"]'
        rules.append(f"{tab}:not(:first-child){{margin-left:var(--group-gap)}}")
        for language in LANGUAGES:
            title: Any = json.dumps(Say(language)(f"tabs.{group}"), ensure_ascii=False)
            rules.append(f'.st-tabs:lang({language}) {tab[9:]}::before{{content:{title} / ""}}')
    return "\n".join(rules)
