"""What training a network gives: the model, and what was seen on the way."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from hauberk.harden.errors import BadHardening
from hauberk.harden.network_recipe import NetworkRecipe
from hauberk.models import NetworkModel

__all__ = ["Alarm", "Epoch", "Probe", "Symptom", "TrainedNetwork", "TrainingPlan"]


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingPlan:
    """How long and in which steps a network is trained.

    Attributes:
        epochs: Passes over the rows.
        batch: Rows of one step.
        rate: Peak of the learning rate; it rises over the first quarter and falls to 0 along a cosine.
        decay: Weight decay (decoupled).
        average: Decay of the moving average of the weights that is given back, such as .99; 0 for the last weights.
        shift: Images are moved by up to so many pixels each way; 0 for rows that are no images.
        light: Images are made darker or brighter by a factor from exp(-light) to exp(light); 0 for rows that are none.
        held: Share of the rows that the training is watched with and does not see. With 0 it is watched with rows
            that it has seen; catastrophic overfitting shows there too.

    Raises:
        BadHardening: A number is out of its range.
    """

    epochs: int = 25
    batch: int = 64
    rate: float = 5e-3
    decay: float = 0.0
    average: float = 0.0
    shift: int = 0
    light: float = 0.0
    held: float = 0.1

    def __post_init__(self) -> None:
        fits = self.epochs > 0 and self.batch > 1 and 0 < self.rate < 100 and 0 <= self.decay < 1
        fits = fits and self.shift >= 0 and 0 <= self.light <= 3
        if not fits or not 0 <= self.average < 1 or not 0 <= self.held <= 0.5:
            raise BadHardening(where="training plan", expected="numbers in their range", got=str(self))


class Symptom(StrEnum):
    """What an alarm has seen."""

    CATASTROPHIC_OVERFITTING = "catastrophic overfitting"
    DIVERGENCE = "divergence"


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe:
    """Accuracy on the rows that the training is watched with.

    Attributes:
        clean: As they are.
        single: After one step of the gradient.
        robust: After ten steps. Far below `single`, the network has learnt to hide from the one step.
        rows: How many.
    """

    clean: float
    single: float
    robust: float
    rows: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Epoch:
    """One pass over the rows.

    Attributes:
        epoch: From 1; after a roll-back the same number comes again.
        recipe: Name of the recipe.
        loss: Mean of what was minimised.
        accuracy: On the rows as they were trained on: changed by the recipe.
        probe: None where this epoch was not looked at.
        kept: False for an epoch that an alarm has undone.
    """

    epoch: int
    recipe: str
    loss: float
    accuracy: float
    probe: Probe | None
    kept: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Alarm:
    """A training that went wrong and was rolled back.

    Attributes:
        epoch: After which it was seen.
        symptom: What was seen.
        back_to: The epoch whose weights training went on from; 0 for the first weights.
        recipe: That it went on with; empty where it ended there.
    """

    epoch: int
    symptom: Symptom
    back_to: int
    recipe: str


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class TrainedNetwork:
    """A network, and how its training went.

    Attributes:
        model: Trained, in evaluation mode.
        recipe: The last one that was trained with; another than was asked for only after an alarm.
        history: Each pass, in order.
        alarms: In order; empty for a training that went well.
        probe: Of the model as it is given back.
    """

    model: NetworkModel
    recipe: NetworkRecipe
    history: tuple[Epoch, ...]
    alarms: tuple[Alarm, ...]
    probe: Probe
