"""The recipes that there are, by name."""

from __future__ import annotations

from collections.abc import Sequence

from hauberk.harden.adversarial_augmentation import AdversarialAugmentation
from hauberk.harden.errors import UnknownRecipe
from hauberk.harden.flattened import Flattened
from hauberk.harden.monotone import Monotone
from hauberk.harden.randomised import Randomised
from hauberk.harden.recipe import Recipe
from hauberk.harden.robust_core import RobustCore
from hauberk.harden.without_mutable import WithoutMutable

__all__ = ["ALL_RECIPES", "select_recipes"]

ALL_RECIPES: tuple[Recipe, ...] = (
    AdversarialAugmentation(),
    Monotone(),
    Flattened(),
    Randomised(),
    RobustCore(),
    WithoutMutable(),
)
"""Every recipe with its default settings, from the one that changes least to the one that gives up most."""


def select_recipes(names: Sequence[str]) -> tuple[Recipe, ...]:
    """The recipes of these names, in the order of `ALL_RECIPES`; all of them where no name is given.

    Raises:
        UnknownRecipe: There is none of that name.
    """
    known = {recipe.name: recipe for recipe in ALL_RECIPES}
    for name in names:
        if name not in known:
            raise UnknownRecipe(where="harden.recipes", expected=f"one of {', '.join(known)}", got=repr(name)[:80])
    return tuple(recipe for recipe in ALL_RECIPES if not names or recipe.name in names)
