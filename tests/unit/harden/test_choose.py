import numpy as np
import pytest

from hauberk.harden import Reason, Rules, Trial, Verdict, choose_candidate
from hauberk.harden.errors import BadHardening


def outcome(n, share, seed=0):
    """Exactly `share` of n rows are right; those of a smaller share are among those of a larger one."""
    order = np.random.default_rng(seed).permutation(n)
    right = np.zeros(n, dtype=bool)
    right[order[: round(share * n)]] = True
    return right


def trial(name, *, clean, attacked, n=4000, m=1000, recipe="r", plain=(0.87, 0.1), seed=0):
    return Trial(
        name=name, note="", recipe=recipe, seconds=0.0,
        clean=outcome(n, clean, seed), plain_clean=outcome(n, plain[0], seed),
        attacked=outcome(m, attacked, seed + 1), plain_attacked=outcome(m, plain[1], seed + 1),
    )  # fmt: skip


def verdicts(choice):
    return {judgement.trial.name: judgement.verdict for judgement in choice.judgements}


def no_more(recipe):
    return ()


def test_the_most_robust_within_the_limit_is_chosen():
    trials = [
        trial("cheap", clean=0.869, attacked=0.4),
        trial("best", clean=0.866, attacked=0.6),
        trial("dear", clean=0.83, attacked=0.8),
    ]
    choice = choose_candidate(trials, Rules(), no_more)
    assert choice.chosen == "best"
    assert choice.reason is Reason.HARDENED
    assert verdicts(choice) == {"cheap": Verdict.BEATEN, "best": Verdict.CHOSEN, "dear": Verdict.TOO_COSTLY}
    assert [judgement.allowed for judgement in choice.judgements] == [True, True, False]


def test_a_defence_that_does_nothing_is_rejected():
    choice = choose_candidate([trial("same", clean=0.87, attacked=0.1)], Rules(), no_more)
    assert choice.chosen is None
    assert choice.reason is Reason.NO_GAIN


def test_a_defence_that_weakens_is_rejected():
    choice = choose_candidate([trial("worse", clean=0.9, attacked=0.05)], Rules(), no_more)
    assert verdicts(choice) == {"worse": Verdict.NO_GAIN}


def test_a_defence_that_costs_too_much_is_rejected():
    choice = choose_candidate([trial("dear", clean=0.84, attacked=0.8)], Rules(), no_more)
    assert choice.chosen is None
    assert choice.reason is Reason.TOO_COSTLY
    assert choose_candidate([trial("dear", clean=0.84, attacked=0.8)], Rules(max_clean_loss=0.05), no_more).chosen


def test_a_loss_that_only_seems_small_is_not_believed():
    # A third of a point on 300 rows: the true loss may well be above 1 point.
    few = trial("few", clean=0.865, attacked=0.8, n=300)
    assert choose_candidate([few], Rules(), no_more).chosen is None
    assert choose_candidate([few], Rules(loss_confidence=0.5001), no_more).chosen == "few"


def test_other_folds_can_overturn_and_uphold():
    seems, is_good = trial("seems", clean=0.869, attacked=0.9, recipe="a"), trial("good", clean=0.869, attacked=0.5)
    asked = []

    def confirm(recipe):
        asked.append(recipe)
        first = seems if recipe == "a" else is_good
        more = outcome(8000, 0.82 if recipe == "a" else 0.866), outcome(8000, 0.87)
        return (first.with_rows(*more),)

    choice = choose_candidate([is_good, seems], Rules(), confirm)
    assert choice.chosen == "good"
    assert asked == ["a", "r"]
    assert verdicts(choice)["seems"] is Verdict.TOO_COSTLY


def test_a_confirmed_recipe_clears_all_its_candidates():
    # On the first fold `more` looks hopeless and `less` does not; the other folds say that both hold.
    more, less = trial("more", clean=0.852, attacked=0.8, n=2000), trial("less", clean=0.862, attacked=0.6, n=2000)

    def confirm(recipe):
        return tuple(it.with_rows(outcome(30000, 0.868), outcome(30000, 0.87)) for it in (more, less))

    assert choose_candidate([more], Rules(), confirm).chosen is None
    assert choose_candidate([less, more], Rules(), confirm).chosen == "more"


def test_hopeless_candidates_are_not_confirmed():
    def confirm(recipe):
        raise AssertionError(recipe)

    choose_candidate(
        [trial("dear", clean=0.8, attacked=0.9), trial("same", clean=0.87, attacked=0.1)], Rules(), confirm
    )


def test_chance_among_many_candidates_is_not_a_gain():
    # 6 rows gained and none lost of 1000: p = 0.03 alone, not among forty.
    trials = [trial(f"c{i}", clean=0.87, attacked=0.106, recipe=f"r{i}") for i in range(40)]
    assert choose_candidate(trials[:1], Rules(), no_more).chosen == "c0"
    assert choose_candidate(trials, Rules(), no_more).reason is Reason.NO_GAIN


def test_no_candidates():
    assert choose_candidate([], Rules(), no_more).reason is Reason.NO_CANDIDATES


@pytest.mark.parametrize(
    "bad", [{"max_clean_loss": -0.1}, {"max_clean_loss": 1.0}, {"max_clean_loss": float("nan")},
            {"loss_confidence": 0.5}, {"loss_confidence": 1.0}, {"gain_confidence": 0.0}],
)  # fmt: skip
def test_rules_out_of_range(bad):
    with pytest.raises(BadHardening):
        Rules(**bad)
