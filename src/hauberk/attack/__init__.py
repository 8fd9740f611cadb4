"""What an attacker can do to a model, and how far that answer can be believed."""

import sys
from types import ModuleType
from typing import Any

from hauberk.attack.bounded import BoundedResult
from hauberk.attack.call import attack
from hauberk.attack.errors import AttackError, BadTarget, NotAttackable, WrongSamples
from hauberk.attack.evaluate import evade, evaluate_evasion
from hauberk.attack.evasion.effort import QUICK, STANDARD, THOROUGH, Effort
from hauberk.attack.evasion.minimal import Minimal, minimal_perturbation
from hauberk.attack.evasion.query_search import search_queries
from hauberk.attack.evasion.radius import certified_radius
from hauberk.attack.evasion.samples import Adversarial
from hauberk.attack.evasion.tree_attack import TreeVerdict, attack_trees
from hauberk.attack.evasion.tree_certify import Certificate, certify_trees
from hauberk.attack.evasion.tree_descent import descend_trees
from hauberk.attack.outcome import Curve, EvasionResult, Robustness, summarise_rows
from hauberk.attack.threat import NORMS, Threat
from hauberk.attack.within import attack_within
from hauberk.attack.words import say_change

__all__ = [
    "say_change",
    "summarise_rows",
    "QUICK",
    "STANDARD",
    "THOROUGH",
    "Adversarial",
    "AttackError",
    "BadTarget",
    "BoundedResult",
    "Certificate",
    "Curve",
    "Effort",
    "EvasionResult",
    "Minimal",
    "NORMS",
    "NotAttackable",
    "Robustness",
    "Threat",
    "TreeVerdict",
    "WrongSamples",
    "attack",
    "attack_trees",
    "attack_within",
    "certified_radius",
    "certify_trees",
    "descend_trees",
    "evade",
    "evaluate_evasion",
    "minimal_perturbation",
    "search_queries",
]


class _Room(ModuleType):
    """Lets the room itself be called, so that `hauberk.attack(model, data, threat=…)` is what it says."""

    def __call__(self, *args: Any, **named: Any) -> BoundedResult:
        return attack(*args, **named)


sys.modules[__name__].__class__ = _Room
