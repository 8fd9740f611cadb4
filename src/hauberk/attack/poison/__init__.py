"""Poisoning: what an attacker writes into the training rows, and how much of it breaks a model."""

from hauberk.attack.poison.aim import Aim
from hauberk.attack.poison.backdoor import plant_backdoor
from hauberk.attack.poison.budget import require_share
from hauberk.attack.poison.class_flips import flip_class
from hauberk.attack.poison.clean_label import plant_clean_label
from hauberk.attack.poison.collision import collide_features
from hauberk.attack.poison.curve import PoisonCurve, PoisonPoint, poison_curve, require_harm
from hauberk.attack.poison.dataset import poison_dataset
from hauberk.attack.poison.image_trigger import Blend, Corner, Patch
from hauberk.attack.poison.kinds import PoisonKind, aim_poison
from hauberk.attack.poison.labelled import Labelled
from hauberk.attack.poison.nearness import Nearness, Region, find_region, measure_nearness, require_region
from hauberk.attack.poison.poisoned import Poisoned
from hauberk.attack.poison.random_flips import flip_random
from hauberk.attack.poison.region_flips import flip_region
from hauberk.attack.poison.scene import Scene, Wish
from hauberk.attack.poison.stampable import presentable_rows, stampable_rows
from hauberk.attack.poison.surest_flips import flip_surest, weakest_class
from hauberk.attack.poison.surrogate import FitScores, ScoreRows, surrogate_scores
from hauberk.attack.poison.table_trigger import Rarity, TableTrigger, choose_trigger
from hauberk.attack.poison.trigger import Trigger

__all__ = [
    "Aim",
    "Blend",
    "Corner",
    "FitScores",
    "Labelled",
    "Nearness",
    "Patch",
    "PoisonCurve",
    "PoisonKind",
    "PoisonPoint",
    "Poisoned",
    "Rarity",
    "Region",
    "Scene",
    "ScoreRows",
    "TableTrigger",
    "Trigger",
    "Wish",
    "aim_poison",
    "choose_trigger",
    "collide_features",
    "find_region",
    "flip_class",
    "flip_random",
    "flip_region",
    "flip_surest",
    "measure_nearness",
    "plant_backdoor",
    "plant_clean_label",
    "poison_curve",
    "poison_dataset",
    "presentable_rows",
    "require_harm",
    "require_region",
    "require_share",
    "stampable_rows",
    "surrogate_scores",
    "weakest_class",
]
