"""Every training by its name."""

from __future__ import annotations

from studio.learn.drawing_recipes import GanRecipe, VaeRecipe
from studio.learn.recipe import Progress, Recipe, Shape
from studio.learn.translation_recipes import CycleRecipe, PairRecipe

RECIPES: dict[str, type[Recipe]] = {
    "gan": GanRecipe,
    "vae": VaeRecipe,
    "pix2pix": PairRecipe,
    "cyclegan": CycleRecipe,
}

__all__ = ["RECIPES", "Progress", "Recipe", "Shape"]
