"""Which models an analysis leases."""

from __future__ import annotations

from collections.abc import Collection

from pipelines.analysis.options import Options
from studio.models.spec import AnySpec


def models_of(parts: Collection[str], options: Options) -> tuple[AnySpec, ...]:
    """The models that computing these parts leases, in order."""
    from pipelines.analysis.bodies import BodyAnalyser
    from pipelines.analysis.embeddings import EmbeddingAnalyser
    from pipelines.analysis.faces import FaceAnalyser
    from pipelines.analysis.objects import ObjectAnalyser
    from pipelines.analysis.safety import SafetyAnalyser
    from pipelines.analysis.shots import ShotAnalyser
    from pipelines.analysis.speech import choose_model
    from pipelines.analysis.texts import TextAnalyser
    from pipelines.analysis.views import ViewAnalyser
    from studio.adapters import silero, speaker

    by_part: dict[str, tuple[AnySpec, ...]] = {
        kind.part: kind.specs
        for kind in (
            ShotAnalyser,
            ObjectAnalyser,
            FaceAnalyser,
            EmbeddingAnalyser,
            ViewAnalyser,
            TextAnalyser,
            BodyAnalyser,
            SafetyAnalyser,
        )
    }
    by_part["speech"] = (silero.SPEC, choose_model(options)[0])
    by_part["speakers"] = (speaker.SPEC,)
    return tuple(spec for part, specs in by_part.items() if part in parts for spec in specs)
