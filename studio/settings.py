"""What a machine and its user allow: folders, memory, limits."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, Literal

import platformdirs
from pydantic import Field
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)


def config_file() -> Path:
    """``studio.toml`` in the user's configuration folder."""
    return Path(platformdirs.user_config_dir("studio")) / "studio.toml"


class Settings(BaseSettings):
    """Settings, from defaults < file < environment (``STUDIO_…``) < arguments.

    The file is ``studio.toml`` in the user's configuration folder.

    Attributes:
        cache_dir: analyses, converted weights, verified hashes.
        data_dir: what a person made and nothing can make again: the gallery of known people.
        device: ``auto``, ``cpu`` or ``cuda``.
        memory_budget_bytes: what all models together may hold on a device; 0 means half of
            what is free.
        host_budget_bytes: beside a card, what models may hold in the processor's memory; 0
            means half of what is free.
        memory_headroom_bytes: left free on every device for other programs.
        model_idle_s: a model idle for longer is dropped when the next one is loaded; 0 means
            never.
        threads: of each native thread pool; 0 means the number of cores.
        max_file_bytes, max_duration_s, max_pixels, max_streams: limits on a media file;
            ``max_pixels`` is width times height of one picture.
        language, light: of the page, for browsers in which nobody chose another: ``en``, ``ko``;
            ``light``, ``dark``; empty where the browser says.
        proxies: whether the library makes small copies of heavy footage, to be played.
        results_dir: where the page puts what is made; None for ``results`` in ``data_dir``.
    """

    model_config = SettingsConfigDict(env_prefix="STUDIO_", frozen=True, extra="ignore")

    cache_dir: Path = Field(default_factory=lambda: Path(platformdirs.user_cache_dir("studio")))
    data_dir: Path = Field(default_factory=lambda: Path(platformdirs.user_data_dir("studio")))
    device: str = "auto"
    memory_budget_bytes: int = Field(default=0, ge=0)
    host_budget_bytes: int = Field(default=0, ge=0)
    memory_headroom_bytes: int = Field(default=256 << 20, ge=0)
    model_idle_s: float = Field(default=1800.0, ge=0)
    threads: int = Field(default=0, ge=0)
    max_file_bytes: int = Field(default=500 * 2**30, gt=0)
    max_duration_s: float = Field(default=24 * 3600.0, gt=0)
    max_pixels: int = Field(default=8192 * 8192, gt=0)
    max_streams: int = Field(default=64, gt=0)
    language: Literal["", "en", "ko"] = ""
    light: Literal["", "light", "dark"] = ""
    proxies: bool = True
    results_dir: Path | None = None

    @property
    def cores(self) -> int:
        """Threads a native pool should use."""
        return self.threads or len(os.sched_getaffinity(0))

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Arguments, then environment, then the file."""
        toml = TomlConfigSettingsSource(settings_cls, toml_file=config_file())
        return init_settings, env_settings, toml

    def with_changes(self, **changes: Any) -> Settings:
        """A copy with some fields replaced; a change of None is no change."""
        return self.model_copy(update={k: v for k, v in changes.items() if v is not None})
