"""Hardening: recipes of robust training, and the choice between what they make."""

from hauberk.harden.adversarial_augmentation import AdversarialAugmentation
from hauberk.harden.candidate import Candidate, Skipped
from hauberk.harden.choose import Judgement, Reason, Rules, Verdict, choose_candidate
from hauberk.harden.evasion import evasion_attack
from hauberk.harden.flattened import Flattened
from hauberk.harden.harden import harden_model
from hauberk.harden.monotone import Monotone
from hauberk.harden.partition import (
    MOST_PARTITIONS,
    AttackedPoint,
    Certificate,
    CurvePoint,
    attacked_point,
    certified_curve,
    certified_point,
    certify_rows,
    claimed_budgets,
    deal_rows,
    plurality_radius,
    radius_quantiles,
    run_off_radius,
    train_partitions,
)
from hauberk.harden.plain import PLAIN, Plain
from hauberk.harden.randomised import Randomised
from hauberk.harden.recipe import Attack, Grow, Recipe, Resolve, Task
from hauberk.harden.recipes import ALL_RECIPES, select_recipes
from hauberk.harden.result import FrontierPoint, HardenResult
from hauberk.harden.robust_core import RobustCore
from hauberk.harden.trial import Trial
from hauberk.harden.without_mutable import WithoutMutable

__all__ = [
    "ALL_RECIPES",
    "AdversarialAugmentation",
    "Attack",
    "AttackedPoint",
    "Candidate",
    "Certificate",
    "CurvePoint",
    "Flattened",
    "FrontierPoint",
    "Grow",
    "HardenResult",
    "Judgement",
    "MOST_PARTITIONS",
    "Monotone",
    "PLAIN",
    "Plain",
    "Randomised",
    "Reason",
    "Recipe",
    "Resolve",
    "RobustCore",
    "Rules",
    "Skipped",
    "Task",
    "Trial",
    "Verdict",
    "WithoutMutable",
    "attacked_point",
    "certified_curve",
    "certified_point",
    "certify_rows",
    "choose_candidate",
    "claimed_budgets",
    "deal_rows",
    "evasion_attack",
    "harden_model",
    "plurality_radius",
    "radius_quantiles",
    "run_off_radius",
    "select_recipes",
    "train_partitions",
]
