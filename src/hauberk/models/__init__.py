"""Models: what predicts, its trees where it has some, and its safe file."""

from hauberk.models.adapters.ensemble_file import open_ensemble
from hauberk.models.adapters.function import open_function
from hauberk.models.adapters.partition_file import open_partitions
from hauberk.models.adapters.torch import build_network, open_torch, rebuild_network
from hauberk.models.ballots import RunOff, Tally, count_ballots, elect
from hauberk.models.builtin import fit_booster
from hauberk.models.check import verify_ensemble
from hauberk.models.columns import require_width
from hauberk.models.ensemble import Link, TreeEnsemble
from hauberk.models.ensemble_json import digest_ensemble, parse_ensemble, render_ensemble
from hauberk.models.library_model import Kind, LibraryModel, TreeModel
from hauberk.models.link import apply_link
from hauberk.models.network import NetworkModel
from hauberk.models.open import open_model, parse_model, serialise_model
from hauberk.models.partition_model import Member, PartitionModel
from hauberk.models.protocols import HasGradients, HasTrees, Matrix, Model, Scores
from hauberk.models.training import Fit, TrainingSet
from hauberk.models.traverse import Traversal, compile_ensemble, leaves, margins, scores

__all__ = [
    "Fit",
    "HasGradients",
    "HasTrees",
    "Kind",
    "LibraryModel",
    "Link",
    "Matrix",
    "Member",
    "Model",
    "NetworkModel",
    "PartitionModel",
    "RunOff",
    "Scores",
    "Tally",
    "TrainingSet",
    "Traversal",
    "TreeEnsemble",
    "TreeModel",
    "apply_link",
    "build_network",
    "compile_ensemble",
    "count_ballots",
    "digest_ensemble",
    "elect",
    "fit_booster",
    "leaves",
    "margins",
    "open_ensemble",
    "open_function",
    "open_model",
    "open_partitions",
    "open_torch",
    "parse_ensemble",
    "parse_model",
    "rebuild_network",
    "render_ensemble",
    "require_width",
    "scores",
    "serialise_model",
    "verify_ensemble",
]
