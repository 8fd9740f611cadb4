"""Numbers in, numbers with intervals out."""

from hauberk.stats.conformal import conformal_null_share, conformal_p_values
from hauberk.stats.discovery import benjamini_hochberg, simes_p_value
from hauberk.stats.distinct import DistinctSketch, hash_numbers, sketch_distinct
from hauberk.stats.groups import (
    GroupRates,
    count_group_pairs,
    count_groups,
    estimate_demographic_parity_change,
    estimate_demographic_parity_difference,
    estimate_equalized_odds_change,
    estimate_equalized_odds_difference,
    group_rates,
)
from hauberk.stats.moments import Moments, measure_moments
from hauberk.stats.paired import estimate_difference, estimate_paired_difference, exact_mcnemar
from hauberk.stats.proportion import estimate_proportion
from hauberk.stats.quantiles import QuantileSketch, sketch_quantiles

__all__ = [
    "DistinctSketch",
    "GroupRates",
    "Moments",
    "QuantileSketch",
    "benjamini_hochberg",
    "conformal_null_share",
    "conformal_p_values",
    "count_group_pairs",
    "count_groups",
    "estimate_demographic_parity_change",
    "estimate_demographic_parity_difference",
    "estimate_difference",
    "estimate_equalized_odds_change",
    "estimate_equalized_odds_difference",
    "estimate_paired_difference",
    "estimate_proportion",
    "exact_mcnemar",
    "group_rates",
    "hash_numbers",
    "measure_moments",
    "simes_p_value",
    "sketch_distinct",
    "sketch_quantiles",
]
