"""Taking persons out of a dataset: the steps, the plan, and the plan that Safe Harbor asks for."""

from hauberk.verify.personal.deidentify.deidentification import Deidentification, deidentify
from hauberk.verify.personal.deidentify.roll_up import roll_up_rare
from hauberk.verify.personal.deidentify.safe_harbor import propose_safe_harbor
from hauberk.verify.personal.deidentify.steps import (
    AgeToNinety,
    Bin,
    DateToYear,
    Drop,
    Pseudonym,
    RollUp,
    Step,
    ZipToThree,
)
from hauberk.verify.personal.deidentify.treatments import propose_linkable, quasi_identifiers, sensitive_columns

__all__ = [
    "AgeToNinety",
    "Bin",
    "DateToYear",
    "Deidentification",
    "Drop",
    "Pseudonym",
    "RollUp",
    "Step",
    "ZipToThree",
    "deidentify",
    "propose_linkable",
    "propose_safe_harbor",
    "quasi_identifiers",
    "roll_up_rare",
    "sensitive_columns",
]
