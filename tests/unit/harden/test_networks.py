"""Networks trained against an attacker: every recipe against the attack, alarms, certificates, smoothing."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from sklearn.datasets import load_digits

from hauberk.attack import QUICK
from hauberk.attack.evasion.ball import Ball, Norm
from hauberk.harden.errors import BadHardening, DivergedTraining, NotCertifiable, TooFewRows
from hauberk.harden.network_certificate import CertificateMethod
from hauberk.harden.network_recipe import (
    CROWN_IBP,
    FGSM,
    IBP,
    N_FGSM,
    PGD_7,
    PGD_7_AWP,
    PLAIN_NETWORK,
    TRADES,
    NetworkRecipe,
    gaussian_recipe,
    milder_recipe,
)
from hauberk.harden.overfitting import read_symptom
from hauberk.harden.trained_network import Probe, Symptom, TrainingPlan
from hauberk.models import open_torch

torch = pytest.importorskip("torch")
train_network = pytest.importorskip("hauberk.harden.torch_train").train_network
certify = pytest.importorskip("hauberk.harden.torch_certify")
smooth_certify = pytest.importorskip("hauberk.harden.torch_smoothing").smooth_certify
attack_network = pytest.importorskip("hauberk.attack.evasion.torch_cascade").attack_network

EPS = 0.1
BALL = Ball(norm=Norm.LINF, eps=EPS, low=np.zeros(64), high=np.ones(64))
LAYERS = (
    {"type": "Conv2d", "in_channels": 1, "out_channels": 16, "kernel_size": 3, "padding": 1},
    {"type": "ReLU"},
    {"type": "MaxPool2d", "kernel_size": 2},
    {"type": "Flatten"},
    {"type": "Linear", "in_features": 256, "out_features": 64},
    {"type": "ReLU"},
    {"type": "Linear", "in_features": 64, "out_features": 10},
)
DENSE = (
    {"type": "Flatten"},
    {"type": "Linear", "in_features": 64, "out_features": 48},
    {"type": "ReLU"},
    {"type": "Linear", "in_features": 48, "out_features": 10},
)
PLAN = TrainingPlan(epochs=14, batch=64, rate=5e-3)


@pytest.fixture(scope="module")
def digits():
    rows, labels = load_digits(return_X_y=True)
    rows = (rows / 16).astype(np.float32).astype(float)
    order = np.random.default_rng(0).permutation(len(rows))
    return (rows[order[:1300]], labels[order[:1300]]), (rows[order[1300:1500]], labels[order[1300:1500]])


@pytest.fixture(scope="module")
def fit(digits):
    """`fit(recipe, plan, …)` trains once for each."""
    made = {}

    def fit(recipe: NetworkRecipe, plan: TrainingPlan = PLAN, layers=LAYERS, ball=BALL):
        key = recipe, plan, len(layers), ball.eps
        if key not in made:
            rows, labels = digits[0]
            common = {"classes": tuple("0123456789"), "shape": (1, 8, 8), "ball": ball, "threads": 1}
            made[key] = train_network(layers, rows, labels, recipe=recipe, plan=plan, seed=1, **common)
        return made[key]

    return fit


def robust(model, digits, effort=QUICK) -> float:
    rows, labels = digits[1]
    return 1 - attack_network(model, rows, labels, BALL, effort=effort).success.mean()


def clean(model, digits) -> float:
    rows, labels = digits[1]
    return (model.predict(rows).argmax(axis=1) == labels).mean()


@pytest.mark.parametrize("recipe", [N_FGSM, PGD_7, replace(TRADES, steps=4, step=0.4), replace(N_FGSM, awp=5e-3)])
def test_what_is_trained_against_the_attack_stands_more_of_it(fit, digits, recipe):
    plain, hardened = fit(PLAIN_NETWORK), fit(recipe)
    assert clean(plain.model, digits) > 0.9
    assert clean(hardened.model, digits) > 0.85
    assert robust(hardened.model, digits) > robust(plain.model, digits) + 0.15
    assert not hardened.alarms
    assert hardened.probe.robust > plain.probe.robust + 0.1


def test_the_average_of_the_weights_is_another_network_and_no_worse(fit, digits):
    last, average = fit(N_FGSM), fit(N_FGSM, replace(PLAN, average=0.98))
    rows = digits[1][0]
    assert not np.allclose(last.model.predict(rows), average.model.predict(rows))
    assert robust(average.model, digits) > robust(last.model, digits) - 0.05


def test_a_seed_gives_the_same_weights_and_nobody_elses_generator_is_touched(digits):
    rows, labels = (part[:300] for part in digits[0])
    state, threads = torch.get_rng_state(), torch.get_num_threads()
    common = {"classes": tuple("0123456789"), "shape": (1, 8, 8), "ball": BALL, "threads": 1}
    plan = TrainingPlan(epochs=2, shift=1)
    first, again, other = (
        train_network(LAYERS, rows, labels, plan=plan, seed=seed, **common).model.predict(rows) for seed in (3, 3, 4)
    )
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)
    assert torch.equal(torch.get_rng_state(), state)
    assert torch.get_num_threads() == threads


def test_catastrophic_overfitting_is_seen_and_rolled_back(fit, digits):
    """One large step without noise, a high rate and a wide ball: known to end in it (Wong et al. 2020)."""
    wide = replace(BALL, eps=0.25)
    one = replace(FGSM, step=1.25)
    found = fit(one, TrainingPlan(epochs=30, rate=5e-3), ball=wide)
    assert found.alarms
    assert {alarm.symptom for alarm in found.alarms} == {Symptom.CATASTROPHIC_OVERFITTING}
    undone = [epoch for epoch in found.history if not epoch.kept]
    assert undone
    for alarm, epoch in zip(found.alarms, undone, strict=True):
        assert alarm.back_to < alarm.epoch == epoch.epoch
        assert epoch.probe.robust < 0.5 * epoch.probe.single
    assert found.recipe != one
    assert found.probe.robust >= 0.4 * found.probe.single  # what is given back does not hide from one step


def test_the_alarm_reads_the_two_accuracies_and_is_not_moved_by_few_rows():
    hidden = Probe(clean=0.9, single=0.8, robust=0.05, rows=200)
    assert read_symptom(hidden, 0.0, finite=True) is Symptom.CATASTROPHIC_OVERFITTING
    assert read_symptom(replace(hidden, robust=0.45), 0.5, finite=True) is None
    assert read_symptom(replace(hidden, single=0.6, robust=0.29), 0.9, finite=True) is not None
    assert read_symptom(replace(hidden, single=0.3, robust=0.1, rows=6), 0.0, finite=True) is None
    assert read_symptom(hidden, 0.0, finite=False) is Symptom.DIVERGENCE
    assert milder_recipe(FGSM).step == FGSM.step / 2
    assert milder_recipe(milder_recipe(FGSM)).steps == 7
    assert milder_recipe(PGD_7) is None


def test_losses_that_are_no_numbers_are_told(digits):
    rows, labels = (part[:200] for part in digits[0])
    with pytest.raises(DivergedTraining):
        train_network(
            _broken(), rows, labels, classes=tuple("0123456789"), shape=(1, 8, 8), ball=BALL, recipe=PLAIN_NETWORK,
            plan=TrainingPlan(epochs=3),
        )  # fmt: skip


def _broken():
    module = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(64, 10))
    with torch.no_grad():
        module[1].weight.fill_(float("inf"))
    return module


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"rows": np.zeros((10, 3))}, BadHardening),
        ({"labels": np.full(300, 10)}, BadHardening),
        ({"rows": np.full((300, 64), 2.0)}, BadHardening),
        ({"rows": np.full((300, 64), np.nan)}, BadHardening),
        ({"plan": TrainingPlan(shift=8)}, BadHardening),
        ({"rows": np.zeros((3, 64)), "labels": np.arange(3), "plan": TrainingPlan(held=0.5)}, TooFewRows),
    ],
)
def test_what_does_not_fit_is_refused(digits, change, error):
    given = {"rows": digits[0][0][:300], "labels": digits[0][1][:300], "plan": TrainingPlan(epochs=1)} | change
    rows, labels = given.pop("rows"), given.pop("labels")
    with pytest.raises(error):
        train_network(LAYERS, rows, labels, classes=tuple("0123456789"), shape=(1, 8, 8), ball=BALL, **given)


@pytest.mark.parametrize("change", [{"steps": -1}, {"noise": np.inf}, {"kappa": 2.0}, {"sigma": 1.0, "steps": 1}])
def test_recipes_that_are_none_are_refused(change):
    with pytest.raises(BadHardening):
        NetworkRecipe(name="x", **change)
    with pytest.raises(BadHardening):
        TrainingPlan(epochs=0)


# Certificates.


@pytest.mark.parametrize("recipe", [IBP, CROWN_IBP])
def test_certified_training_certifies_more_and_nothing_certified_falls(fit, digits, recipe):
    small = replace(BALL, eps=0.05)
    plan = TrainingPlan(epochs=12, rate=5e-3)
    rows, labels = digits[1]
    shares = {}
    for one in (PLAIN_NETWORK, recipe):
        model = fit(one, plan, layers=DENSE, ball=small).model
        for method in CertificateMethod:
            found = certify.certify_network(model, rows[:100], labels[:100], small, method=method)
            shares[one.name, method] = found.certified.mean()
            beaten = attack_network(model, rows[:100], labels[:100], small).success
            assert not (beaten & found.certified).any()
        assert shares[one.name, CertificateMethod.IBP] <= shares[one.name, CertificateMethod.CROWN_IBP] + 1e-9
    assert shares[recipe.name, CertificateMethod.CROWN] > shares["plain", CertificateMethod.IBP] + 0.2
    assert shares[recipe.name, CertificateMethod.CROWN] > 0.5


@pytest.mark.parametrize("norm", [Norm.LINF, Norm.L2, Norm.L1])
def test_on_a_linear_model_the_certificate_is_the_truth(norm):
    random = np.random.default_rng(0)
    module = torch.nn.Sequential(torch.nn.Linear(12, 3))
    rows = random.normal(size=(60, 12)).astype(np.float32).astype(float)
    model = open_torch(module, classes=("a", "b", "c"), shape=(12,))
    weight = module[0].weight.detach().double().numpy()
    labels = model.predict(rows).argmax(axis=1)
    scores = rows @ weight.T + module[0].bias.detach().double().numpy()
    dual = {Norm.LINF: 1, Norm.L2: 2, Norm.L1: np.inf}[norm]
    truth = np.array([
        min(
            (scores[row, label] - scores[row, rival]) / np.linalg.norm(weight[label] - weight[rival], ord=dual)
            for rival in range(3)
            if rival != label
        )
        for row, label in enumerate(labels)
    ])  # fmt: skip
    wide = Ball(norm=norm, eps=float(truth.max() * 2), low=np.full(12, -1e3), high=np.full(12, 1e3))
    radius = certify.certified_network_radius(model, rows, labels, wide, method=CertificateMethod.CROWN)
    assert (radius <= truth + 1e-6).all()
    assert (radius >= truth * 0.999 - 1e-4).all()
    wrong = certify.certified_network_radius(model, rows, (labels + 1) % 3, wide)
    assert (wrong == -1).all()


def test_points_drawn_inside_never_take_a_certified_label(fit, digits):
    small = replace(BALL, eps=0.03)
    rows, labels = digits[1][0][:60], digits[1][1][:60]
    model = fit(N_FGSM).model
    found = certify.certify_network(model, rows, labels, small)
    assert found.certified.mean() > 0.2
    random = np.random.default_rng(0)
    for _ in range(100):
        near = np.clip(rows + 0.03 * random.choice([-1.0, 1.0], rows.shape), 0, 1)
        fell = model.predict(near).argmax(axis=1) != labels
        assert not (fell & found.certified).any()


def test_a_layer_without_bounds_is_refused():
    class Own(torch.nn.Module):
        def forward(self, batch):
            return batch.reshape(len(batch), -1)[:, :2]

    model = open_torch(Own(), classes=("a", "b"), shape=(4,))
    ball = Ball(norm=Norm.LINF, eps=0.1, low=np.zeros(4), high=np.ones(4))
    with pytest.raises(NotCertifiable):
        certify.certify_network(model, np.zeros((1, 4)), np.zeros(1, np.int64), ball)


# Smoothing.


def test_the_radius_of_smoothing_is_below_the_truth_of_a_linear_model_and_near_it():
    module = torch.nn.Sequential(torch.nn.Linear(5, 2))
    with torch.no_grad():
        module[0].weight.copy_(torch.tensor([[1.0, -2, 0.5, 0, 1], [0, 1, -1, 2, 0.5]]))
        module[0].bias.zero_()
    model = open_torch(module, classes=("a", "b"), shape=(5,))
    rows = np.random.default_rng(0).normal(size=(20, 5))
    slope = module[0].weight.detach().double().numpy()
    slope = slope[0] - slope[1]
    truth = np.abs(rows @ slope) / np.linalg.norm(slope)  # a linear classifier is its own smoothed one
    found = smooth_certify(model, rows, sigma=1.0, draws=4000, seed=1)
    assert (found.radius <= truth + 1e-9).all()
    near = truth < 2.5  # beyond, 4,000 draws cannot tell
    assert np.median(found.radius[near & (truth > 0.2)] / truth[near & (truth > 0.2)]) > 0.8
    sure = found.predicted >= 0
    assert np.array_equal(found.predicted[sure], model.predict(rows).argmax(axis=1)[sure])
    assert not found.radius[~sure].any()
    edge = smooth_certify(model, np.zeros((3, 5)), sigma=1.0, draws=1000)
    assert (edge.predicted == -1).all()


def test_training_with_noise_is_for_smoothing(fit, digits):
    rows, labels = digits[1][0][:40], digits[1][1][:40]
    shares = []
    for recipe in (PLAIN_NETWORK, gaussian_recipe(0.5)):
        found = smooth_certify(fit(recipe).model, rows, sigma=0.5, draws=500, seed=0)
        shares.append(((found.predicted == labels) & (found.radius > 0.25)).mean())
    assert shares[1] > shares[0] + 0.1
    with pytest.raises(BadHardening):
        smooth_certify(fit(PLAIN_NETWORK).model, rows, sigma=0.0)


@pytest.mark.slow
def test_weights_at_their_worst_make_the_strongest_recipe(fit, digits):
    plan = TrainingPlan(epochs=30, average=0.99)
    assert robust(fit(PGD_7_AWP, plan).model, digits) > robust(fit(PLAIN_NETWORK, plan).model, digits) + 0.2


def darkened(digits, share=0.25, light=0.15):
    """The digits, some of them so dark that nobody could read them under the whole radius."""
    (rows, labels), (held, answers) = digits
    dark = np.random.default_rng(3).random(len(rows)) < share
    return (np.where(dark[:, None], rows * light, rows), labels), (held * light, held, answers)


def test_radii_of_their_own_let_dark_pictures_be_read(digits):
    (rows, labels), (dark, bright, answers) = darkened(digits)
    read, stands = {}, {}
    for name, recipe in (("one", N_FGSM), ("own", replace(N_FGSM, adapt=0.1))):
        common = {"classes": tuple("0123456789"), "shape": (1, 8, 8), "ball": BALL, "threads": 1}
        model = train_network(LAYERS, rows, labels, recipe=recipe, plan=PLAN, **common).model
        read[name] = float((model.predict(dark).argmax(axis=1) == answers).mean())
        stands[name] = robust(model, ((rows, labels), (bright, answers)))
    assert read["own"] > read["one"] + 0.05, read
    assert stands["own"] > stands["one"] - 0.1, stands


def test_images_lit_otherwise_stay_in_range_and_keep_their_order():
    relight = pytest.importorskip("hauberk.harden.torch_augment").relight_images
    low, high = torch.full((1, 1, 4, 4), -1.0), torch.ones(1, 1, 4, 4)
    batch = torch.linspace(-1, 1, 16).reshape(1, 1, 4, 4).repeat(200, 1, 1, 1)
    lit = relight(batch, 0.7, low, high, torch.Generator().manual_seed(0))
    assert (lit >= low).all()
    assert (lit <= high).all()
    assert (lit.flatten(1).diff(dim=1) >= 0).all()
    factor = (lit[:, 0, 0, 1] + 1) / (batch[:, 0, 0, 1] + 1)
    assert 0.49 < float(factor.min()) < 0.6
    assert 1.7 < float(factor.max()) < 2.02


@pytest.mark.parametrize("change", [{"adapt": -0.1}, {"adapt": 1.5}])
def test_a_radius_of_ones_own_is_a_share(change):
    with pytest.raises(BadHardening):
        replace(N_FGSM, **change)
    with pytest.raises(BadHardening):
        replace(PLAIN_NETWORK, adapt=0.1)


def test_a_milder_recipe_is_told_by_what_it_is():
    assert milder_recipe(milder_recipe(replace(N_FGSM, adapt=0.1, awp=5e-3))).name == "pgd-7-adapt-awp"
    assert milder_recipe(milder_recipe(N_FGSM)) == PGD_7
