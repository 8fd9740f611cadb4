"""Can this data be trusted? Pure checks of a dataset: schema, rows, label, and label errors."""

from hauberk.verify.dataset_findings import check_dataset
from hauberk.verify.duplicate_findings import check_duplicates, check_overlap
from hauberk.verify.label_errors import (
    FitPredict,
    LabelRanking,
    label_findings,
    rank_label_errors,
    stratified_folds,
)
from hauberk.verify.schema_findings import check_columns
from hauberk.verify.target_findings import check_target, single_feature_skill

__all__ = [
    "FitPredict",
    "LabelRanking",
    "check_columns",
    "check_dataset",
    "check_duplicates",
    "check_overlap",
    "check_target",
    "label_findings",
    "rank_label_errors",
    "single_feature_skill",
    "stratified_folds",
]
