"""Masked networks are caught, each by the sign that is meant for it; honest ones are not."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from hauberk.attack.doubts import SIGNS, Sign, Word, examine
from hauberk.attack.evasion.ball import Norm
from hauberk.core.finding import Finding, Severity

pytest.importorskip("torch")
pytest.importorskip("sklearn")

CAUGHT_BY = {
    "quantised_input": ("zero_gradient", "finite_difference", "loss_rise", "black_box"),
    "quantised_input_with_made_up_gradient": ("finite_difference",),
    "logits_times_1000": ("zero_gradient",),
    "sign_activation": (
        "zero_gradient",
        "finite_difference",
        "loss_rise",
        "noise",
        "black_box",
        "transfer",
        "largest_eps",
    ),
    "noise_layer": ("repeated", "alone", "finite_difference", "bounds"),
    "random_shift": ("repeated", "alone", "finite_difference", "bounds"),
    "dropout_at_inference": ("repeated", "alone", "finite_difference", "bounds"),
    "jpeg_rounding": ("zero_gradient", "finite_difference", "loss_rise", "black_box"),
    "jpeg_rounding_with_made_up_gradient": ("finite_difference",),
    "softmax_for_logits": ("probabilities",),
    "shattered_gradient": ("finite_difference", "black_box"),
    "detached_branch": ("finite_difference", "loss_rise", "black_box", "transfer"),
    "defensive_distillation": ("zero_gradient",),
    "training_mode": ("mode", "repeated", "alone"),
    "batch_statistics": ("alone",),
    "clipped_logits": ("zero_gradient", "loss_rise", "black_box"),
    "half_of_the_inputs_cut": ("finite_difference", "black_box"),
    "reversed_gradient": ("finite_difference", "loss_rise", "black_box", "largest_eps"),
    "gradient_that_is_no_number": ("zero_gradient", "loss_rise", "black_box", "largest_eps"),
}
"""Signs that catch the mask by themselves."""
SIGN = {sign.name: sign for sign in SIGNS}


@pytest.fixture(scope="module")
def digits(make_digits):
    found = make_digits(10, 0)
    return replace(found, rows=found.rows[:160], labels=found.labels[:160])


@pytest.fixture(scope="module")
def network(make_honest, digits):
    return make_honest("cnn", digits, 0)


@pytest.fixture(scope="module")
def judge(digits, make_ball, make_pgd):
    """`judge(model, signs, …)`: the verdict on a strong PGD attack, which is run once for a model."""
    seen = {}

    def judge(model, signs=SIGNS, *, spoil=lambda found: found, seed=0, loss="margin"):
        attack = make_pgd(model, steps=40, restarts=4, loss=loss)
        stronger = make_pgd(model, steps=60, restarts=6, loss=loss, seed=1)
        ball, rows, labels = make_ball(), digits.rows, digits.labels
        if (id(model), loss) not in seen:
            seen[id(model), loss] = model, attack(rows, labels, ball)
        found = spoil(seen[id(model), loss][1])
        return examine(
            model, rows, labels, ball, found, attack=attack, stronger=stronger, signs=signs, sample=64, seed=seed
        )

    return judge


def test_an_honest_network_is_trusted_and_every_sign_was_asked(judge, network):
    verdict = judge(network)
    assert verdict.word is Word.TRUSTED, verdict.findings
    assert verdict.weak_because == ()
    assert verdict.asked == tuple(sign.name for sign in SIGNS)
    assert verdict.probed == 64
    assert 40 < verdict.standing <= 64


@pytest.mark.parametrize("name", CAUGHT_BY)
def test_a_mask_is_caught_by_each_of_its_signs(judge, network, digits, masks, name):
    model = masks[name](network, digits, 0)
    for sign in CAUGHT_BY[name]:
        verdict = judge(model, [SIGN[sign]])
        assert verdict.word is Word.WEAK, sign
        assert verdict.weak_because != ("attack.doubt.not_asked",)
        assert verdict.asked == (sign,)


def test_every_planted_mask_is_listed(masks):
    assert set(masks) == set(CAUGHT_BY)


@pytest.mark.parametrize(
    ("name", "blind"),
    [
        ("softmax_for_logits", {"probabilities"}),
        ("logits_times_1000", {"zero_gradient", "steps"}),
        ("defensive_distillation", {"zero_gradient", "steps"}),
        ("quantised_input_with_made_up_gradient", {"finite_difference"}),
    ],
)
def test_without_its_sign_a_mask_passes(judge, network, digits, masks, name, blind):
    model = masks[name](network, digits, 0)
    left = [sign for sign in SIGNS if sign.name not in blind]
    assert judge(model, left).word is Word.TRUSTED
    verdict = judge(model, [SIGN[sign] for sign in sorted(blind)])
    assert verdict.word is Word.WEAK
    assert set(verdict.asked) == blind


@pytest.mark.parametrize("name", ["logits_times_1000", "defensive_distillation"])
def test_rivals_beat_an_attack_that_saturation_blinds(judge, network, digits, masks, name):
    """The cross-entropy is what saturates; the margin is not, and the rival climbs it."""
    model = masks[name](network, digits, 0)
    verdict = judge(model, [SIGN["white_box"], SIGN["black_box"]], loss="entropy")
    assert "attack.doubt.white_box" in verdict.weak_because


def test_an_attack_of_one_step_is_found_out(network, digits, make_ball, make_pgd):
    one, more = make_pgd(network, steps=2, restarts=1), make_pgd(network, steps=40, restarts=3, seed=1)
    found = one(digits.rows, digits.labels, make_ball())
    for sign in ("more_effort", "white_box"):
        verdict = examine(
            network, digits.rows, digits.labels, make_ball(), found, attack=one, stronger=more, signs=[SIGN[sign]]
        )
        assert verdict.weak_because == (f"attack.doubt.{sign}",)


def test_an_attack_that_loses_rows_with_more_effort_is_found_out(network, digits, make_ball, make_pgd):
    good, less = make_pgd(network), make_pgd(network, steps=2, restarts=1)
    found = good(digits.rows, digits.labels, make_ball())
    verdict = examine(
        network, digits.rows, digits.labels, make_ball(), found, attack=good, stronger=less, signs=[SIGN["more_effort"]]
    )
    assert verdict.weak_because == ("attack.doubt.lost_rows",)


def test_an_attack_that_does_nothing_is_found_out_by_every_rival(network, digits, make_ball, make_pgd):
    def nothing(rows, labels, ball):
        return replace(attack(rows, labels, ball), rows=rows.copy(), success=np.zeros(len(rows), dtype=bool))

    attack = make_pgd(network, steps=1, restarts=1)
    found, ball = nothing(digits.rows, digits.labels, make_ball(0.2)), make_ball(0.2)
    rivals = ("noise", "black_box", "transfer", "white_box", "largest_eps")
    for sign in rivals:
        verdict = examine(
            network, digits.rows, digits.labels, ball, found, attack=nothing, stronger=nothing, signs=[SIGN[sign]]
        )
        assert verdict.weak_because == (f"attack.doubt.{sign}",)
        assert 0 < len(verdict.findings[0].rows) <= 48


@pytest.mark.parametrize("norm", list(Norm))
def test_rivals_stay_within_the_ball(network, digits, make_ball, make_pgd, norm):
    """Their candidates are judged by the ball before they count; a rival that left it would never win."""
    ball = make_ball({Norm.LINF: 0.3, Norm.L2: 2.0, Norm.L1: 9.0, Norm.L0: 16.0}[norm], norm)

    def nothing(rows, labels, ball):
        return replace(attack(rows, labels, ball), rows=rows.copy(), success=np.zeros(len(rows), dtype=bool))

    attack = make_pgd(network, steps=1, restarts=1)
    found = nothing(digits.rows, digits.labels, ball)
    for sign in ("noise", "black_box", "white_box", "transfer"):
        verdict = examine(
            network, digits.rows, digits.labels, ball, found, attack=nothing, stronger=nothing, signs=[SIGN[sign]]
        )
        assert verdict.weak_because == (f"attack.doubt.{sign}",)


def beyond(found):
    """A tenth of the changed rows a little outside of the radius."""
    rows = found.rows.copy()
    at = np.flatnonzero(found.success)[::10]
    rows[at] += 0.01 * np.sign(0.5 - rows[at])
    return replace(found, rows=rows)


def boast(found):
    return replace(found, success=np.ones_like(found.success))


@pytest.mark.parametrize(
    ("spoil", "code"), [(beyond, "attack.doubt.out_of_bounds"), (boast, "attack.doubt.not_beaten")]
)
def test_what_the_attack_reports_is_seen_again(judge, network, spoil, code):
    bounds = [SIGN["bounds"]]
    assert judge(network, bounds).word is Word.TRUSTED
    assert judge(network, bounds, spoil=spoil).weak_because == (code,)


def test_rows_in_other_units_are_found_out(judge, network, digits, make_ball, make_pgd):
    sign, attack = [SIGN["valid_range"]], make_pgd(network, steps=1)
    assert judge(network, sign).word is Word.TRUSTED
    rows = digits.rows * 1.5
    found = attack(rows, digits.labels, make_ball())
    verdict = examine(network, rows, digits.labels, make_ball(), found, attack=attack, stronger=attack, signs=sign)
    assert verdict.weak_because == ("attack.doubt.out_of_range",)
    assert verdict.findings[0].count == int((rows > 1).any(axis=1).sum())


def test_logits_of_another_network_are_found_out(judge, network, digits, make_honest):
    other = make_honest("mlp", digits, 1, epochs=3)
    verdict = judge(replace(network, logits=other.logits), [SIGN["agreement"]])
    assert verdict.weak_because == ("attack.doubt.disagreement",)


def test_a_sign_that_crashes_is_a_reason(judge, network):
    def crash(subject):
        raise RuntimeError("out of memory\nand more")

    verdict = judge(network, [SIGN["noise"], Sign(name="crash", ask=crash)])
    assert verdict.weak_because == ("attack.doubt.not_asked",)
    assert verdict.asked == ("noise",)
    assert "crash failed with RuntimeError: out of memory" in verdict.findings[0].message


def test_information_does_not_make_a_figure_weak(judge, network):
    def tell(subject):
        return (Finding(code="attack.doubt.noise", severity=Severity.INFO, message="One row."),)

    verdict = judge(network, [Sign(name="tell", ask=tell)])
    assert (verdict.word, verdict.weak_because, len(verdict.findings)) == (Word.TRUSTED, (), 1)


def test_the_same_seed_gives_the_same_verdict(judge, network):
    drawn = [SIGN[name] for name in ("finite_difference", "noise", "black_box", "transfer", "white_box")]
    assert judge(network, drawn, seed=5) == judge(network, drawn, seed=5)


def test_a_model_that_is_never_right_has_nothing_to_doubt(network, digits, make_ball, make_pgd):
    wrong = (digits.labels + 1) % 10
    keep = network.predict(digits.rows).argmax(axis=1) == digits.labels
    rows, labels, attack = digits.rows[keep], wrong[keep], make_pgd(network)
    verdict = examine(
        network, rows, labels, make_ball(), attack(rows, labels, make_ball()), attack=attack, stronger=attack
    )
    assert (verdict.word, verdict.probed, verdict.standing) == (Word.TRUSTED, 0, 0)


class TestModelsThatOnlyAnswer:
    @pytest.fixture
    def ask(self, network, digits, make_ball, make_random_search, answers_only):
        def ask(change=lambda scores: scores, *, queries=1200, signs=SIGNS):
            model = answers_only(network, change)
            attack = make_random_search(model, queries=queries)
            stronger = make_random_search(model, queries=1500, seed=1)
            rows, labels, ball = digits.rows[:100], digits.labels[:100], make_ball(0.08)
            found = attack(rows, labels, ball)
            return examine(model, rows, labels, ball, found, attack=attack, stronger=stronger, signs=signs, sample=48)

        return ask

    def test_an_honest_one_is_trusted_without_the_signs_of_networks(self, ask):
        verdict = ask()
        assert verdict.word is Word.TRUSTED, verdict.findings
        assert verdict.asked == tuple(sign.name for sign in SIGNS if not sign.network)

    def test_a_search_of_a_few_queries_is_found_out(self, ask):
        verdict = ask(queries=4, signs=[SIGN["more_effort"], SIGN["black_box"]])
        assert set(verdict.weak_because) == {"attack.doubt.more_effort", "attack.doubt.black_box"}

    def test_rounded_scores_are_found_out(self, ask):
        def rounded(scores):
            kept = np.round(scores, 1)
            return kept / kept.sum(axis=1, keepdims=True)

        verdict = ask(rounded, queries=100, signs=[SIGN["steps"]])
        assert verdict.weak_because == ("attack.doubt.stepwise",)

    def test_labels_alone_are_found_out(self, ask):
        verdict = ask(lambda scores: np.eye(10)[scores.argmax(axis=1)], queries=100, signs=[SIGN["steps"]])
        assert verdict.weak_because == ("attack.doubt.stepwise",)

    def test_noisy_answers_are_found_out(self, ask):
        rng = np.random.default_rng(0)

        def noisy(scores):
            raw = scores * np.exp(rng.normal(0, 0.3, size=scores.shape))
            return raw / raw.sum(axis=1, keepdims=True)

        assert ask(noisy, queries=100, signs=[SIGN["repeated"]]).weak_because == ("attack.doubt.stochastic",)

    def test_answers_that_depend_on_the_batch_are_found_out(self, ask):
        def centred(scores):
            raw = np.exp(np.log(scores) - np.log(scores).mean(axis=0))
            return raw / raw.sum(axis=1, keepdims=True)

        assert ask(centred, queries=100, signs=[SIGN["alone"]]).weak_because == ("attack.doubt.batch_dependent",)
