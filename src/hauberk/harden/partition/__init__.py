"""A certificate against bad training rows: an election of models that each see their own part of the rows.

Source: Levine and Feizi 2021, "Deep Partition Aggregation: Provable Defense against General Poisoning Attacks", arXiv
2006.14768; Rezaei et al. 2023, "Run-Off Election", arXiv 2302.02300.
"""

from hauberk.harden.partition.attacked import AttackedPoint, attacked_point
from hauberk.harden.partition.certificate import Certificate, certify_rows
from hauberk.harden.partition.curve import (
    CurvePoint,
    certified_curve,
    certified_point,
    claimed_budgets,
    radius_quantiles,
)
from hauberk.harden.partition.deal import MOST_PARTITIONS, deal_rows
from hauberk.harden.partition.radius import plurality_radius, run_off_radius
from hauberk.harden.partition.train import train_partitions

__all__ = [
    "AttackedPoint",
    "Certificate",
    "CurvePoint",
    "MOST_PARTITIONS",
    "attacked_point",
    "certified_curve",
    "certified_point",
    "certify_rows",
    "claimed_budgets",
    "deal_rows",
    "plurality_radius",
    "radius_quantiles",
    "run_off_radius",
    "train_partitions",
]
