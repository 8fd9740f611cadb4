"""Can this data be trusted? Pure checks of a dataset: schema, rows, labels, and what an attacker did to them."""

from hauberk.verify.attack_kind import AttackKind, Classification, classify_attack
from hauberk.verify.dataset_findings import check_dataset, check_filled
from hauberk.verify.duplicate_findings import check_duplicates, check_overlap
from hauberk.verify.encoding_findings import check_encoding
from hauberk.verify.guard import guarded_check, unchecked
from hauberk.verify.near_duplicate_findings import check_near_duplicates, check_near_overlap
from hauberk.verify.schema_drift import check_drift
from hauberk.verify.schema_findings import check_columns
from hauberk.verify.sentinel_findings import check_sentinels
from hauberk.verify.sources import check_sources
from hauberk.verify.suspicion import VIEWS, Suspicion, rank_rows
from hauberk.verify.suspicion_findings import suspicion_findings
from hauberk.verify.target_findings import check_target, single_feature_skill
from hauberk.verify.text_form_findings import check_text_forms
from hauberk.verify.time_findings import check_time, check_time_split
from hauberk.verify.unit_findings import check_unit_shift, check_units
from hauberk.verify.views import Labels, Learner, Matrix, Pool

__all__ = [
    "VIEWS",
    "AttackKind",
    "Classification",
    "Labels",
    "Learner",
    "Matrix",
    "Pool",
    "Suspicion",
    "check_columns",
    "check_dataset",
    "check_drift",
    "check_duplicates",
    "check_overlap",
    "check_sources",
    "check_target",
    "check_units",
    "check_unit_shift",
    "check_time_split",
    "check_time",
    "check_text_forms",
    "check_sentinels",
    "check_near_overlap",
    "check_near_duplicates",
    "check_filled",
    "check_encoding",
    "classify_attack",
    "guarded_check",
    "rank_rows",
    "single_feature_skill",
    "suspicion_findings",
    "unchecked",
]
