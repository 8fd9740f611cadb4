"""Small networks on the digits, honest and masked, and the attacks that are doubted."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import pytest

from hauberk.attack import Adversarial
from hauberk.attack.doubts.moves import draw_changed, project, rounded, uphill
from hauberk.attack.doubts.torch_slope import make_gradients
from hauberk.attack.evasion.ball import Ball, Norm
from hauberk.attack.evasion.judge import predicted
from hauberk.models import build_network, open_function, open_torch

EPS = 0.1


@dataclass(frozen=True, kw_only=True)
class Digits:
    train: np.ndarray
    train_labels: np.ndarray
    rows: np.ndarray
    labels: np.ndarray


def load(classes: int, seed: int) -> Digits:
    from sklearn.datasets import load_digits

    data, target = load_digits(return_X_y=True)
    kept = target < classes
    data, target = (data[kept] / 16).astype(np.float32).astype(float), target[kept].astype(np.int64)
    order = np.random.default_rng(seed).permutation(len(data))
    test, train = order[: len(order) // 4][:300], order[len(order) // 4 :]
    return Digits(train=data[train], train_labels=target[train], rows=data[test], labels=target[test])


def layers(kind: str, classes: int) -> tuple[dict, ...]:
    relu, flat = {"type": "ReLU"}, {"type": "Flatten"}

    def dense(wide, out):
        return {"type": "Linear", "in_features": wide, "out_features": out}

    if kind == "linear":
        return flat, dense(64, classes)
    if kind == "mlp":
        return flat, dense(64, 64), relu, dense(64, 64), relu, dense(64, classes)
    conv = {"type": "Conv2d", "in_channels": 1, "out_channels": 8, "kernel_size": 3, "padding": 1}
    norm, pool = {"type": "BatchNorm2d", "num_features": 8}, {"type": "MaxPool2d", "kernel_size": 2}
    return conv, norm, relu, pool, flat, dense(128, 48), relu, {"type": "Dropout", "p": 0.2}, dense(48, classes)


def train(module, digits: Digits, seed: int, *, epochs: int = 12, adversarial: float = 0.0, temperature: float = 1.0):
    """Adam on the cross-entropy; with `adversarial` on rows that one noisy gradient step moved by so much."""
    import torch

    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, weight in module.named_parameters():
            if weight.ndim > 1:
                wide = weight[0].numel()
                weight.copy_(torch.randn(weight.shape, generator=generator) * (2 / wide) ** 0.5)
            elif name.endswith("bias"):
                weight.zero_()
    inputs = torch.tensor(digits.train, dtype=torch.float32).reshape(-1, 1, 8, 8)
    labels = torch.tensor(digits.train_labels)
    loss = torch.nn.CrossEntropyLoss()
    rate = torch.optim.Adam(module.parameters(), lr=3e-3)
    module.train()
    for _ in range(epochs):
        for at in torch.randperm(len(inputs), generator=generator).split(64):
            batch, target = inputs[at], labels[at]
            if adversarial:
                noise = (torch.rand(batch.shape, generator=generator) * 4 - 2) * adversarial
                near = (batch + noise).requires_grad_()
                (slope,) = torch.autograd.grad(loss(module(near), target), near)
                batch = (near.detach() + adversarial * slope.sign()).clamp(0, 1)
            rate.zero_grad()
            loss(module(batch) / temperature, target).backward()
            rate.step()
    return module.eval()


@pytest.fixture(scope="session")
def make_digits() -> Callable[..., Digits]:
    return load


@pytest.fixture(scope="session")
def make_honest() -> Callable[..., object]:
    """`make(kind, digits, seed, classes=…, …)` trains a network of that kind."""

    def make(kind: str, digits: Digits, seed: int, *, classes: int = 10, **settings):
        module = train(build_network(layers(kind, classes)), digits, seed, **settings)
        return open_torch(module, classes=tuple(map(str, range(classes))), shape=(1, 8, 8))

    return make


@pytest.fixture(scope="session")
def make_ball() -> Callable[..., Ball]:
    def make(eps: float = EPS, norm: Norm = Norm.LINF, width: int = 64) -> Ball:
        return Ball(norm=norm, eps=eps, low=np.zeros(width), high=np.ones(width))

    return make


@pytest.fixture(scope="session")
def make_pgd() -> Callable[..., Callable[..., Adversarial]]:
    """`make(model, steps=…, restarts=…, loss=…, seed=…)` is an attack; it asks the model about each of its points."""

    def make(model, *, steps: int = 30, restarts: int = 2, loss: str = "margin", seed: int = 0):
        gradients = make_gradients(model)

        def attack(rows, labels, ball):
            rng = np.random.default_rng(seed)
            best, success = rows.copy(), np.zeros(len(rows), dtype=bool)
            for start in range(restarts):
                changed = rows.copy() if start == 0 else draw_changed(ball, rows, rng, edge=False)
                for number in range(steps):
                    at = np.flatnonzero(~success)
                    if not len(at):
                        break
                    slope = gradients(changed[at], labels[at])
                    slope = slope.margin_gradient if loss == "margin" else slope.entropy_gradient
                    moved = changed[at] + uphill(ball, slope, share=0.6 * (1 - number / steps) + 0.01)
                    changed[at] = rounded(ball, rows[at], project(ball, rows[at], moved))
                    fell = predicted(model.predict(changed[at])) != labels[at]
                    best[at[fell]], success[at[fell]] = changed[at[fell]], True
            return adversarial(ball, rows, best, success)

        return attack

    return make


@pytest.fixture(scope="session")
def make_random_search() -> Callable[..., Callable[..., Adversarial]]:
    """`make(model, queries=…)` is an attack that only asks: random corners first, then random parts of them."""

    def make(model, *, queries: int = 200, seed: int = 0):
        def attack(rows, labels, ball):
            rng, here = np.random.default_rng(seed), np.arange(len(rows))
            best, lead = rows.copy(), np.full(len(rows), np.inf)
            success = np.zeros(len(rows), dtype=bool)
            for number in range(queries):
                drawn = draw_changed(ball, rows, rng, edge=True)
                share = 1.0 if number == 0 else 0.3 * 0.5 ** (number * 5 // queries)
                tried = np.where(rng.random(rows.shape) < share, drawn, best)
                tried = rounded(ball, rows, project(ball, rows, tried))
                scores = np.log(np.maximum(model.predict(tried), 1e-300))
                others = scores.copy()
                others[here, labels] = -np.inf
                now = scores[here, labels] - others.max(axis=1)
                kept = ~success & (now <= lead)
                best[kept], lead[kept] = tried[kept], now[kept]
                success |= kept & (predicted(scores) != labels)
            return adversarial(ball, rows, np.where(success[:, None], best, rows), success)

        return attack

    return make


def adversarial(ball, rows, changed, success) -> Adversarial:
    cost = ball.distance(rows, changed)
    return Adversarial(rows=changed, success=success, cost=cost, queries=np.ones(len(rows), dtype=np.intp))


@pytest.fixture(scope="session")
def answers_only() -> Callable[..., object]:
    """`make(model, change)` is the model behind a function, whose scores `change` may alter."""

    def make(model, change=lambda scores: scores):
        return open_function(lambda rows: change(model.predict(np.array(rows))), classes=model.classes, width=64)

    return make


MASKS: dict[str, Callable] = {}


def mask(make: Callable) -> Callable:
    MASKS[make.__name__] = make
    return make


@pytest.fixture(scope="session")
def masks() -> dict[str, Callable]:
    """`masks[name](model, digits, seed)`: the network with its gradients masked in that way."""
    return MASKS


def through(model, forward):
    """The model whose logits are what `forward(network, batch)` makes of its network and a batch."""
    import torch

    class Masked(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.inner = model.network

        def forward(self, batch):
            return forward(self.inner, batch)

    return open_torch(Masked().eval(), classes=model.classes, shape=(1, 8, 8))


def straight(exact, batch):
    """`exact`, with the gradient of the identity."""
    return batch + (exact - batch).detach()


@mask
def quantised_input(model, digits, seed):
    return through(model, lambda net, batch: net((batch * 4).round() / 4))


@mask
def quantised_input_with_made_up_gradient(model, digits, seed):
    return through(model, lambda net, batch: net(straight((batch * 4).round() / 4, batch)))


@mask
def logits_times_1000(model, digits, seed):
    return through(model, lambda net, batch: 1000 * net(batch))


@mask
def sign_activation(model, digits, seed):
    """A hidden layer of signs, and logits fitted to it."""
    import torch

    first = torch.nn.Linear(64, 256)
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        first.weight.copy_(torch.randn(256, 64, generator=generator) * 0.3)
        first.bias.copy_(-(first.weight * 0.5).sum(dim=1))
    with torch.no_grad():
        hidden = torch.sign(first(torch.tensor(digits.train, dtype=torch.float32)))
    last = torch.nn.Linear(256, len(model.classes))
    rate, labels = torch.optim.Adam(last.parameters(), lr=1e-2), torch.tensor(digits.train_labels)
    for _ in range(60):
        rate.zero_grad()
        torch.nn.functional.cross_entropy(last(hidden), labels).backward()
        rate.step()
    return through(model, lambda _, batch: last(torch.sign(first(batch.flatten(1)))))


@mask
def noise_layer(model, digits, seed):
    import torch

    generator = torch.Generator().manual_seed(seed)
    return through(model, lambda net, batch: net(batch + 0.1 * torch.randn(batch.shape, generator=generator)))


@mask
def random_shift(model, digits, seed):
    import torch

    rng = np.random.default_rng(seed)

    def forward(net, batch):
        down, across = rng.integers(0, 2, size=2)
        return net(torch.roll(batch, (int(down), int(across)), dims=(2, 3)))

    return through(model, forward)


@mask
def dropout_at_inference(model, digits, seed):
    import torch

    generator = torch.Generator().manual_seed(seed)
    return through(model, lambda net, batch: net(batch * (torch.rand(batch.shape, generator=generator) > 0.1)))


def jpeg(batch):
    """Rounds the coefficients of the 8 x 8 cosine transform, as a JPEG does."""
    import torch

    at = torch.arange(8, dtype=torch.float32)
    basis = torch.cos(torch.pi * (2 * at[None] + 1) * at[:, None] / 16) * (0.25**0.5)
    basis[0] *= 0.5**0.5
    found = basis @ batch @ basis.T
    return basis.T @ ((found / 0.3).round() * 0.3) @ basis


@mask
def jpeg_rounding(model, digits, seed):
    return through(model, lambda net, batch: net(jpeg(batch)))


@mask
def jpeg_rounding_with_made_up_gradient(model, digits, seed):
    return through(model, lambda net, batch: net(straight(jpeg(batch), batch)))


@mask
def softmax_for_logits(model, digits, seed):
    return through(model, lambda net, batch: net(batch).softmax(dim=1))


@mask
def shattered_gradient(model, digits, seed):
    return through(model, lambda net, batch: net(batch + 0.02 * (400 * batch).sin()))


@mask
def detached_branch(model, digits, seed):
    """What decides is cut off; what lets gradients through hardly matters."""
    return through(model, lambda net, batch: net(batch.detach()) + 0.02 * net(1 - batch))


@mask
def defensive_distillation(model, digits, seed):
    module = train(build_network(layers("cnn", len(model.classes))), digits, seed, epochs=20, temperature=50)
    return open_torch(module, classes=model.classes, shape=(1, 8, 8))


@mask
def training_mode(model, digits, seed):
    """Batch statistics and dropout while it answers."""
    module = build_network(layers("cnn", len(model.classes)))
    module.load_state_dict(model.network.state_dict())
    opened = open_torch(module, classes=model.classes, shape=(1, 8, 8))
    module.train()
    return replace(opened, logits=module)


@mask
def batch_statistics(model, digits, seed):
    """Its first layer's answer is centred on the mean of the batch."""
    return through(model, lambda net, batch: net(batch - 0.5 * (batch.mean(dim=0, keepdim=True) - 0.3)))


@mask
def clipped_logits(model, digits, seed):
    return through(model, lambda net, batch: net(batch).clamp(-0.5, 0.5))


@mask
def half_of_the_inputs_cut(model, digits, seed):
    import torch

    kept = torch.arange(64).reshape(8, 8) % 2 == 0
    return through(model, lambda net, batch: net(torch.where(kept, batch, batch.detach())))


@mask
def reversed_gradient(model, digits, seed):
    """The exact answers, and a gradient that leads away from every error."""
    return through(model, lambda net, batch: 2 * net(batch).detach() - net(batch))


@mask
def gradient_that_is_no_number(model, digits, seed):
    """The distance of the input from itself is 0, and the slope of its root there is 0 / 0."""

    def forward(net, batch):
        apart = (batch - batch.detach()).square().flatten(1).sum(dim=1, keepdim=True)
        return net(batch) + apart.sqrt()

    return through(model, forward)
