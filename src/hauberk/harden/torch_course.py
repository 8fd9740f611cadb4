"""The course of one training: epochs, probes, alarms, and the way back."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import torch

from hauberk.harden.network_recipe import NetworkRecipe, milder_recipe
from hauberk.harden.overfitting import read_symptom
from hauberk.harden.torch_augment import relight_images, shift_images
from hauberk.harden.torch_ball import TensorBall
from hauberk.harden.torch_loss import prepare_loss
from hauberk.harden.torch_perturb import probe_network
from hauberk.harden.torch_weights import State, WeightAverage, backward_at_worst_weights, load_state, save_state
from hauberk.harden.trained_network import Alarm, Epoch, Probe, Symptom, TrainingPlan

__all__ = ["Course"]

_WARM = 0.25
_PROBED = 256
_PROBE_SHARE = 0.1  # of the work; a probe is 24 passes over its rows, an epoch of one step some 5 over all
_JUMP = 0.1
_MOST_ALARMS = 4
Batch = tuple[Any, Any]


@dataclass(slots=True, eq=False)
class _Good:
    """Weights, optimizer, average and the rows' own radii after an epoch that was well."""

    epoch: int
    module: State
    optimizer: State
    average: State
    steps: int
    reach: Any


class Course:
    """A training under way.

    Attributes:
        epoch: Epochs that stand.
        recipe: In use now.
        history, alarms: Of what happened.
        stuck: An alarm left nothing to go on with; the weights are those of the last good epoch.
    """

    def __init__(
        self,
        module: Any,
        rows: Batch,
        watched: Batch,
        *,
        ball: TensorBall,
        recipe: NetworkRecipe,
        plan: TrainingPlan,
        generator: torch.Generator,
    ) -> None:
        self.epoch, self.stuck, self.recipe = 0, False, recipe
        self.history: list[Epoch] = []
        self.alarms: list[Alarm] = []
        self._module, self._rows, self._ball, self._plan, self._generator = module, rows, ball, plan, generator
        chosen = torch.randperm(len(watched[1]), generator=generator)
        self._whole = watched
        few = chosen[: _probed(len(rows[1]), len(chosen))]
        self._watched = (watched[0][few], watched[1][few])
        passes = 24 * len(few) / ((3 + 2 * recipe.steps) * len(rows[1]))
        self._every = max(1, min(math.ceil(passes / _PROBE_SHARE), math.ceil(plan.epochs / 4)))
        self._rate, self._best, self._last = plan.rate, 0.0, math.inf
        self._optimizer = torch.optim.AdamW(module.parameters(), plan.rate, weight_decay=plan.decay, fused=True)
        self._average = WeightAverage(module, plan.average)
        self._reach = torch.ones(len(rows[1]))
        self._good = self._snapshot()

    def advance(self) -> None:
        """Train one epoch; where it is looked at and went wrong, go back."""
        loss, accuracy = self._train()
        self.epoch += 1
        finite = math.isfinite(loss)
        due = self.epoch % self._every == 0 or self.epoch == self._plan.epochs
        # A network that begins to hide from the step it is trained with is suddenly right about what the step makes.
        due = due or accuracy > self._last + _JUMP or not finite
        self._last = accuracy
        probe = probe_network(self._module, *self._watched, ball=self._ball) if due and finite else None
        symptom = self._symptom(probe, finite)
        record = Epoch(
            epoch=self.epoch,
            recipe=self.recipe.name,
            loss=loss,
            accuracy=accuracy,
            probe=probe,
            kept=symptom is None,
        )
        self.history.append(record)
        if symptom is not None:
            self._go_back(symptom)
        elif probe is not None:
            self._best = max(self._best, probe.robust)
            self._good = self._snapshot()

    def finish(self) -> Probe:
        """Put the weights in place that are given back, in evaluation mode, and look at them with all watched rows."""
        if self._plan.average:
            load_state(self._module, self._average.state)
        self._module.eval()
        watched = tuple(part[: 4 * _PROBED] for part in self._whole)
        return probe_network(self._module, *watched, ball=self._ball)

    def _train(self) -> tuple[float, float]:
        """The mean loss and the accuracy of one epoch."""
        images, labels = self._rows
        self._module.train()
        order = torch.randperm(len(labels), generator=self._generator)
        parts = order.split(self._plan.batch)
        losses, right = torch.zeros(()), torch.zeros(())
        for number, part in enumerate(parts):
            if len(part) < 2:
                continue  # statistics of a batch of one are none
            batch = images[part]
            if self._plan.shift:
                batch = shift_images(batch, self._plan.shift, self._generator)
            if self._plan.light:
                batch = relight_images(batch, self._plan.light, self._ball.low, self._ball.high, self._generator)
            loss, logits = self._step(part, batch, labels[part], (self.epoch + number / len(parts)) / self._plan.epochs)
            losses += loss * len(part)
            right += (logits.argmax(dim=1) == labels[part]).sum()
        return float(losses) / len(labels), float(right) / len(labels)

    def _step(self, part: Any, batch: Any, labels: Any, done: float) -> Batch:
        for group in self._optimizer.param_groups:
            group["lr"] = self._rate * _cycle(done)
        prepared = prepare_loss(
            self._module,
            batch,
            labels,
            ball=self._ball,
            recipe=self.recipe,
            done=done,
            generator=self._generator,
            reach=self._reach[part].reshape(-1, *[1] * (batch.ndim - 1)) if self.recipe.adapt else 1.0,
        )
        self._optimizer.zero_grad()
        if self.recipe.awp:
            loss, logits = backward_at_worst_weights(self._module, prepared, size=self.recipe.awp)
        else:
            loss, logits = prepared()
            loss.backward()
        self._optimizer.step()
        if self._plan.average:
            self._average.update(self._module)
        if self.recipe.adapt:
            stood = (logits.argmax(dim=1) == labels).float() * 2 - 1
            self._reach[part] = (self._reach[part] + self.recipe.adapt * stood).clamp(0.0, 1.0)
        return loss.detach(), logits

    def _symptom(self, probe: Probe | None, finite: bool) -> Symptom | None:
        if not finite:
            return Symptom.DIVERGENCE
        # What is not trained against an attack falls to one as a matter of course.
        if probe is None or self.recipe.steps != 1:
            return None
        return read_symptom(probe, self._best, finite=finite)

    def _go_back(self, symptom: Symptom) -> None:
        milder = milder_recipe(self.recipe) if symptom is Symptom.CATASTROPHIC_OVERFITTING else self.recipe
        if symptom is Symptom.DIVERGENCE:
            self._rate /= 2
        self.stuck = milder is None or len(self.alarms) + 1 >= _MOST_ALARMS
        name = "" if milder is None or self.stuck else milder.name
        alarm = Alarm(epoch=self.epoch, symptom=symptom, back_to=self._good.epoch, recipe=name)
        self.alarms.append(alarm)
        self._restore(self._good)
        if milder is not None and not self.stuck:
            self.recipe = milder

    def _snapshot(self) -> _Good:
        return _Good(
            epoch=self.epoch,
            module=save_state(self._module),
            optimizer=save_state(self._optimizer),
            average={name: tensor.clone() for name, tensor in self._average.state.items()},
            steps=self._average.steps,
            reach=self._reach.clone(),
        )

    def _restore(self, good: _Good) -> None:
        load_state(self._module, good.module)
        load_state(self._optimizer, good.optimizer)
        self._average.state = {name: tensor.clone() for name, tensor in good.average.items()}
        self._average.steps, self.epoch, self._last = good.steps, good.epoch, math.inf
        self._reach = good.reach.clone()


def _probed(rows: int, watched: int) -> int:
    """How many rows to probe with: enough to see a collapse, few against the rows of an epoch."""
    return min(watched, max(48, min(_PROBED, rows // 20)))


def _cycle(done: float) -> float:
    """The share of the peak rate: up a line, down a cosine. Source: Smith and Topin 2018, "Super-Convergence"."""
    if done < _WARM:
        return (done + 0.01) / (_WARM + 0.01)
    return 0.5 + 0.5 * math.cos(math.pi * (done - _WARM) / (1 - _WARM))
