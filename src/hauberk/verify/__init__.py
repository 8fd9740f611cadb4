"""Can this data be trusted? Pure checks of a dataset: schema, rows, labels, and what an attacker did to them."""

from hauberk.verify.attack_kind import AttackKind, Classification, classify_attack
from hauberk.verify.content_sample import ContentSample, draw_by_content
from hauberk.verify.dataset_findings import check_dataset, check_filled
from hauberk.verify.duplicate_findings import (
    check_duplicates,
    check_overlap,
    duplicate_findings,
    overlap_findings,
)
from hauberk.verify.encoding_findings import check_encoding
from hauberk.verify.guard import guarded_check, unchecked
from hauberk.verify.near_duplicate_findings import check_near_duplicates, check_near_overlap
from hauberk.verify.profile import ColumnProfile, TableProfile, profile_dataset
from hauberk.verify.profile_document import profile_document
from hauberk.verify.profile_findings import profile_findings
from hauberk.verify.repeats import Repeats, find_repeats, find_seen
from hauberk.verify.schema_drift import check_drift
from hauberk.verify.schema_findings import check_columns
from hauberk.verify.scored import PART, Scored, Scorer, fit_scorer, join_suspicion
from hauberk.verify.sentinel_findings import check_sentinels
from hauberk.verify.shared_rows import refuse_shared_rows
from hauberk.verify.sources import check_sources
from hauberk.verify.suspicion import VIEWS, Suspicion, rank_rows
from hauberk.verify.suspicion_findings import suspicion_findings
from hauberk.verify.target_findings import check_target, leak_findings, single_feature_skill
from hauberk.verify.text_form_findings import check_text_forms
from hauberk.verify.time_findings import check_time, check_time_split
from hauberk.verify.unit_findings import check_unit_shift, check_units
from hauberk.verify.views import Labels, Learner, Matrix, Pool

__all__ = [
    "AttackKind",
    "Classification",
    "ColumnProfile",
    "ContentSample",
    "Labels",
    "Learner",
    "Matrix",
    "PART",
    "Pool",
    "Repeats",
    "Scored",
    "Scorer",
    "Suspicion",
    "TableProfile",
    "VIEWS",
    "check_columns",
    "check_dataset",
    "check_drift",
    "check_duplicates",
    "check_encoding",
    "check_near_duplicates",
    "check_near_overlap",
    "check_overlap",
    "check_sentinels",
    "check_sources",
    "check_target",
    "check_text_forms",
    "check_filled",
    "check_time",
    "check_time_split",
    "check_unit_shift",
    "check_units",
    "classify_attack",
    "draw_by_content",
    "duplicate_findings",
    "find_repeats",
    "find_seen",
    "fit_scorer",
    "guarded_check",
    "join_suspicion",
    "leak_findings",
    "overlap_findings",
    "profile_dataset",
    "profile_document",
    "profile_findings",
    "rank_rows",
    "refuse_shared_rows",
    "single_feature_skill",
    "suspicion_findings",
    "unchecked",
]
