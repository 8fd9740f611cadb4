"""Backdoors in training data: signatures, the battery that chooses among them, confirmation by retraining."""

from hauberk.verify.backdoors.activation_clustering import activation_clustering
from hauberk.verify.backdoors.battery import Verdict, judge_cells, judge_table
from hauberk.verify.backdoors.confirm import Confirmation, confirm_backdoor
from hauberk.verify.backdoors.conjunction import Condition, Conjunction, conditions_of, matches
from hauberk.verify.backdoors.findings import backdoor_findings, condition_word
from hauberk.verify.backdoors.leaf_embedding import embed_leaves
from hauberk.verify.backdoors.leaf_paths import leaf_conjunctions
from hauberk.verify.backdoors.neighbour_disagreement import neighbour_disagreement
from hauberk.verify.backdoors.pattern_scan import Pattern, scan_patterns
from hauberk.verify.backdoors.perturbation_entropy import perturbation_entropy
from hauberk.verify.backdoors.recover import recover_trigger
from hauberk.verify.backdoors.search import TableSearch, search_table
from hauberk.verify.backdoors.shared_direction import SharedDirection, find_shared_direction
from hauberk.verify.backdoors.spectral_signatures import spectral_signatures
from hauberk.verify.backdoors.spectre import spectre
from hauberk.verify.backdoors.table_evidence import table_evidence
from hauberk.verify.backdoors.trigger import Evidence, Signature, Trigger, stamp

__all__ = [
    "Condition",
    "Confirmation",
    "Conjunction",
    "Evidence",
    "Pattern",
    "SharedDirection",
    "Signature",
    "TableSearch",
    "Trigger",
    "Verdict",
    "activation_clustering",
    "backdoor_findings",
    "condition_word",
    "conditions_of",
    "confirm_backdoor",
    "embed_leaves",
    "find_shared_direction",
    "judge_cells",
    "judge_table",
    "leaf_conjunctions",
    "matches",
    "neighbour_disagreement",
    "perturbation_entropy",
    "recover_trigger",
    "scan_patterns",
    "search_table",
    "spectral_signatures",
    "spectre",
    "stamp",
    "table_evidence",
]
