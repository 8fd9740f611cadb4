"""Recipes of training a network, as values: which rows it trains on, and what is asked of it there."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum

from hauberk.harden.errors import BadHardening

__all__ = [
    "CROWN_IBP",
    "FGSM",
    "IBP",
    "N_FGSM",
    "N_FGSM_AWP",
    "PGD_7",
    "PGD_7_AWP",
    "PLAIN_NETWORK",
    "TRADES",
    "TRADES_AWP",
    "Bound",
    "NetworkRecipe",
    "gaussian_recipe",
    "milder_recipe",
]


class Bound(StrEnum):
    """What bounds the worst case in training: nothing, intervals, or lines laid over intervals."""

    NONE = "none"
    IBP = "ibp"
    CROWN_IBP = "crown-ibp"


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkRecipe:
    """One way to train a network.

    Attributes:
        name: For people.
        steps: Of gradient ascent that make the rows that are trained on; 0 for the rows as they are.
        step: Length of one, as a multiple of the radius.
        noise: Half-width of the random start, as a multiple of the radius.
        project: Whether the start and each step are brought back into the ball. The valid range always holds.
        beta: Weight of TRADES' second term; 0 for cross-entropy at the changed rows alone.
        adapt: Share of the radius by which a row's own radius grows each time that the row stands, up to the whole, and
            shrinks where it falls; 0 for one radius for all. Rows that nobody could read under the whole radius, such
            as dark pictures, then cost no clean accuracy (Cheng and others 2020, "CAT: Customized Adversarial
            Training for Improved Robustness").
        awp: Relative size of the adversarial change of the weights; 0 for none.
        bound: Certified training: what bounds the worst case; needs no steps.
        kappa: Certified training: weight that the rows as they are keep at the end.
        ramp: Certified training: share of the training over which the radius grows from 0 and kappa falls from 1.
        sigma: Standard deviation of Gaussian noise on each row, in units of the rows; for randomised smoothing.

    Raises:
        BadHardening: A number is out of its range, or two ways are asked for at once.
    """

    name: str
    steps: int = 0
    step: float = 0.0
    noise: float = 0.0
    project: bool = True
    beta: float = 0.0
    adapt: float = 0.0
    awp: float = 0.0
    bound: Bound = Bound.NONE
    kappa: float = 0.5
    ramp: float = 0.5
    sigma: float = 0.0

    def __post_init__(self) -> None:
        numbers = (self.steps, self.step, self.noise, self.beta, self.awp, self.sigma)
        if not all(0 <= number < float("inf") for number in numbers):
            raise BadHardening(where=self.name, expected="finite numbers from 0", got=str(numbers))
        if not 0 <= self.adapt <= 1 or (self.adapt and not self.steps):
            raise BadHardening(where=self.name, expected="adapt as a share, of steps", got=f"{self.adapt}")
        if not 0 <= self.kappa <= 1 or not 0 < self.ramp <= 1:
            raise BadHardening(where=self.name, expected="kappa and ramp as shares", got=f"{self.kappa}, {self.ramp}")
        ways = (self.steps > 0, self.bound is not Bound.NONE, self.sigma > 0)
        if sum(ways) > 1 or (self.steps == 0 and (self.beta or self.awp)):
            raise BadHardening(where=self.name, expected="steps, a bound, or sigma: one of them", got=str(self))


PLAIN_NETWORK = NetworkRecipe(name="plain")
"""The rows as they are."""
N_FGSM = NetworkRecipe(name="n-fgsm", steps=1, step=1.0, noise=2.0, project=False)
"""Noise of twice the radius, one step of it, no projection. Source: de Jorge and others 2022, "Make Some Noise"."""
N_FGSM_AWP = replace(N_FGSM, name="n-fgsm-awp", adapt=0.1, awp=5e-3)
"""N-FGSM with a radius of each row's own, and against the worst weights nearby."""
FGSM = NetworkRecipe(name="fgsm", steps=1, step=1.0)
"""One step without noise; known to overfit to itself, kept for comparison. Source: Goodfellow and others 2015."""
PGD_7 = NetworkRecipe(name="pgd-7", steps=7, step=2.5 / 7, noise=1.0)
"""Source: Madry and others 2018, "Towards Deep Learning Models Resistant to Adversarial Attacks"."""
PGD_7_AWP = replace(PGD_7, name="pgd-7-awp", awp=5e-3)
"""Source: Wu, Xia and Wang 2020, "Adversarial Weight Perturbation Helps Robust Generalization"."""
TRADES = NetworkRecipe(name="trades", steps=10, step=0.25, noise=1e-2, beta=6.0)
"""Source: Zhang and others 2019, "Theoretically Principled Trade-off between Robustness and Accuracy"."""
TRADES_AWP = replace(TRADES, name="trades-awp", awp=5e-3)
IBP = NetworkRecipe(name="ibp", bound=Bound.IBP)
"""Source: Gowal and others 2018, "On the Effectiveness of Interval Bound Propagation"."""
CROWN_IBP = NetworkRecipe(name="crown-ibp", bound=Bound.CROWN_IBP)
"""Source: Zhang and others 2020, "Towards Stable and Efficient Training of Verifiably Robust Neural Networks"."""


def gaussian_recipe(sigma: float) -> NetworkRecipe:
    """Training for randomised smoothing with noise of this standard deviation.

    Source: Cohen, Rosenfeld and Kolter 2019, "Certified Adversarial Robustness via Randomized Smoothing".
    """
    return NetworkRecipe(name=f"gaussian {sigma:g}", sigma=sigma)


def milder_recipe(recipe: NetworkRecipe) -> NetworkRecipe | None:
    """What to go on with after a recipe of one step has overfitted to its step; None where no other is left.

    First half the step under at least twice the radius of noise, then many steps.
    """
    if recipe.steps != 1:
        return None
    if recipe.step > 0.5 * N_FGSM.step:
        noise, step = max(recipe.noise, N_FGSM.noise), min(recipe.step / 2, N_FGSM.step)
        return replace(recipe, name=f"{recipe.name}, half a step", noise=noise, step=step, project=False)
    parts = {"beta": recipe.beta, "adapt": recipe.adapt, "awp": recipe.awp}
    name = "-".join([PGD_7.name, *(part for part, size in parts.items() if size)])
    return replace(PGD_7, name=name, beta=recipe.beta, adapt=recipe.adapt, awp=recipe.awp)
