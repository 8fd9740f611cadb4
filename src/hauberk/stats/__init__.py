"""Numbers in, numbers with intervals out."""

from hauberk.stats.conformal import conformal_null_share, conformal_p_values
from hauberk.stats.discovery import benjamini_hochberg, simes_p_value
from hauberk.stats.groups import (
    GroupRates,
    count_groups,
    estimate_demographic_parity_difference,
    estimate_equalized_odds_difference,
    group_rates,
)
from hauberk.stats.paired import estimate_paired_difference, exact_mcnemar
from hauberk.stats.proportion import estimate_proportion

__all__ = [
    "GroupRates",
    "benjamini_hochberg",
    "conformal_null_share",
    "conformal_p_values",
    "count_groups",
    "estimate_demographic_parity_difference",
    "estimate_equalized_odds_difference",
    "estimate_paired_difference",
    "estimate_proportion",
    "exact_mcnemar",
    "group_rates",
    "simes_p_value",
]
