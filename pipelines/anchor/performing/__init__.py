"""How whoever presents moves with the voice."""

from pipelines.anchor.performing.listening import with_phonemes
from pipelines.anchor.performing.plan import plan_performance, stressed_words
from pipelines.anchor.performing.visemes import unknown_sounds

__all__ = ["plan_performance", "stressed_words", "unknown_sounds", "with_phonemes"]
