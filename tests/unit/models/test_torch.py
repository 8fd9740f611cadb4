"""PyTorch modules as models: answers, gradients, the safe file, and files that are not to be trusted."""

from __future__ import annotations

import json

import numpy as np
import pytest

from hauberk.models import Kind, build_network, open_model, open_torch, parse_model, rebuild_network, serialise_model
from hauberk.models.errors import BadModelFile, NotSealable, UnknownModel, WrongRows

torch = pytest.importorskip("torch")
safetensors = pytest.importorskip("safetensors.torch")

LAYERS = (
    {"type": "Conv2d", "in_channels": 1, "out_channels": 4, "kernel_size": [3, 3], "padding": [1, 1]},
    {"type": "BatchNorm2d", "num_features": 4},
    {"type": "ReLU"},
    {"type": "Residual", "layers": [
        {"type": "Conv2d", "in_channels": 4, "out_channels": 4, "kernel_size": 3, "padding": 1, "bias": False},
        {"type": "ReLU"},
    ]},
    {"type": "MaxPool2d", "kernel_size": 2},
    {"type": "Flatten"},
    {"type": "Dropout", "p": 0.5},
    {"type": "Linear", "in_features": 64, "out_features": 3},
)  # fmt: skip
CLASSES, SHAPE = ("stop", "yield", "other"), (1, 8, 8)


@pytest.fixture(scope="module")
def model():
    return open_torch(build_network(LAYERS), classes=CLASSES, shape=SHAPE)


@pytest.fixture(scope="module")
def rows():
    return np.random.default_rng(0).random((40, 64))


def test_the_answers_are_the_softmax_of_the_module(model, rows):
    with torch.no_grad():
        logits = model.network.eval()(torch.tensor(rows, dtype=torch.float32).reshape(-1, *SHAPE))
    assert np.allclose(model.predict(rows), torch.softmax(logits.double(), 1).numpy(), atol=1e-6)
    assert model.predict(rows[:0]).shape == (0, 3)


def test_gradients_flow_and_training_mode_comes_back(model, rows):
    model.network.train()
    batch = torch.tensor(rows, dtype=torch.float32).reshape(-1, *SHAPE).requires_grad_()
    first, second = model.logits(batch), model.logits(batch)
    assert torch.equal(first, second)  # no dropout
    first.sum().backward()
    assert batch.grad.abs().sum() > 0
    assert all(part.training for part in model.network.modules())
    model.network.eval()


def test_one_logit_speaks_of_the_second_of_two_classes():
    module = torch.nn.Sequential(torch.nn.Linear(4, 1))
    model = open_torch(module, classes=("no", "yes"), shape=(4,))
    rows = np.random.default_rng(1).normal(size=(9, 4))
    expected = torch.sigmoid(module(torch.tensor(rows, dtype=torch.float32))).detach().numpy()[:, 0]
    assert np.allclose(model.predict(rows)[:, 1], expected, atol=1e-6)


def test_the_file_gives_the_same_model_back(model, rows):
    kind, data = serialise_model(model)
    assert kind is Kind.NETWORK
    again = parse_model(data, kind)
    assert (again.classes, again.shape, again.width) == (CLASSES, SHAPE, 64)
    assert np.array_equal(again.predict(rows), model.predict(rows))
    assert serialise_model(again)[1] == data
    copy = rebuild_network(model.network)
    assert copy is not model.network
    assert np.array_equal(open_torch(copy, classes=CLASSES, shape=SHAPE).predict(rows), model.predict(rows))


@pytest.mark.parametrize(
    "layer",
    [
        torch.nn.Conv2d(1, 2, 3, padding_mode="reflect"),
        torch.nn.Conv2d(1, 2, 3, dilation=2),
        torch.nn.BatchNorm2d(1, affine=False),
        torch.nn.GELU(approximate="tanh"),
        torch.nn.Bilinear(2, 2, 2),
        type("Mine", (torch.nn.ReLU,), {})(),
    ],
)
def test_what_the_file_could_not_hold_is_not_sealed(layer):
    with pytest.raises(NotSealable):
        rebuild_network(torch.nn.Sequential(layer))


def altered(data, change):
    weights = safetensors.load(data)
    length = int.from_bytes(data[:8], "little")
    head = json.loads(data[8 : 8 + length])["__metadata__"]
    document = json.loads(head["hauberk.network"])
    change(document, weights)
    return safetensors.save(weights, metadata={"hauberk.network": json.dumps(document)})


CHANGES = {
    "a layer of nobody": lambda document, _: document["layers"][2].update(type="Lambda"),
    "a setting of nobody": lambda document, _: document["layers"][2].update(hook="os.system"),
    "no layers": lambda document, _: document.pop("layers"),
    "layers that are text": lambda document, _: document.update(layers="ReLU"),
    "a shape that does not fit": lambda document, _: document.update(shape=[1, 12, 12]),
    "a shape of nothing": lambda document, _: document.update(shape=[]),
    "one class": lambda document, _: document.update(classes=["stop"]),
    "more memory than there is": lambda document, _: document["layers"][-1].update(in_features=2**30),
    "a weight too few": lambda _, weights: weights.pop("7.weight"),
    "a weight too many": lambda _, weights: weights.update(other=torch.zeros(3)),
    "a weight of another shape": lambda _, weights: weights.update({"7.weight": torch.zeros(3, 65)}),
    "weights that are no numbers": lambda _, weights: weights["7.weight"].fill_(float("nan")),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_a_forged_file_is_refused(model, change):
    with pytest.raises(BadModelFile):
        parse_model(altered(serialise_model(model)[1], change), Kind.NETWORK)


def test_damaged_bytes_are_refused_or_give_a_model(model):
    data, random = serialise_model(model)[1], np.random.default_rng(2)
    for _ in range(150):
        damaged = bytearray(data)
        for place in random.integers(0, min(len(data), 3000), random.integers(1, 6)):
            damaged[place] = random.integers(0, 256)
        cut = bytes(damaged[: random.integers(0, len(damaged))] if random.random() < 0.3 else damaged)
        try:
            found = parse_model(cut, Kind.NETWORK)
        except BadModelFile:
            continue
        assert found.width == 64


def test_wrong_use_is_told(model, rows):
    with pytest.raises(UnknownModel) as caught:
        open_model(model.network)
    assert "open_torch" in caught.value.hint
    with pytest.raises(UnknownModel, match="classes"):
        open_torch(model.network, shape=SHAPE)
    with pytest.raises(UnknownModel, match="logits of 2 classes"):
        open_torch(model.network, classes=("a", "b"), shape=SHAPE)
    missing = rows.copy()
    missing[3, 5] = np.nan
    with pytest.raises(WrongRows, match="row 3, column 5"):
        model.predict(missing)
