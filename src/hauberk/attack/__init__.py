"""What an attacker can do to a model, and how far that answer can be believed."""

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
from hauberk.attack.outcome import Curve, EvasionResult, Robustness

__all__ = [
    "QUICK",
    "STANDARD",
    "THOROUGH",
    "Adversarial",
    "AttackError",
    "BadTarget",
    "Certificate",
    "Curve",
    "Effort",
    "EvasionResult",
    "Minimal",
    "NotAttackable",
    "Robustness",
    "TreeVerdict",
    "WrongSamples",
    "attack_trees",
    "certified_radius",
    "certify_trees",
    "descend_trees",
    "evade",
    "evaluate_evasion",
    "minimal_perturbation",
    "search_queries",
]
