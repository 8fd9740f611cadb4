"""Who can be recognised in this data? Identifiers by column, de-identification, and how well people hide in crowds."""

from hauberk.verify.personal.anonymity import Anonymity, Diversity, measure_anonymity
from hauberk.verify.personal.deidentify import (
    AgeToNinety,
    Bin,
    DateToYear,
    Deidentification,
    Drop,
    Pseudonym,
    RollUp,
    Step,
    ZipToThree,
    deidentify,
    propose_linkable,
    propose_safe_harbor,
    quasi_identifiers,
    roll_up_rare,
    sensitive_columns,
)
from hauberk.verify.personal.evidence import IdentifierEvidence
from hauberk.verify.personal.identifier import EvidenceKind, Identifier, gdpr_article, hipaa_letter
from hauberk.verify.personal.patterns import COUNTRIES
from hauberk.verify.personal.personal_findings import check_personal, personal_findings
from hauberk.verify.personal.scan import DEFAULT_PERSONAL_SCAN, PersonalScan, scan_personal
from hauberk.verify.personal.zip_areas import RESTRICTED_ZIP3

__all__ = [
    "COUNTRIES",
    "DEFAULT_PERSONAL_SCAN",
    "RESTRICTED_ZIP3",
    "AgeToNinety",
    "Anonymity",
    "Bin",
    "DateToYear",
    "Deidentification",
    "Diversity",
    "Drop",
    "EvidenceKind",
    "Identifier",
    "IdentifierEvidence",
    "PersonalScan",
    "Pseudonym",
    "RollUp",
    "Step",
    "ZipToThree",
    "check_personal",
    "deidentify",
    "gdpr_article",
    "hipaa_letter",
    "measure_anonymity",
    "personal_findings",
    "propose_linkable",
    "propose_safe_harbor",
    "quasi_identifiers",
    "roll_up_rare",
    "scan_personal",
    "sensitive_columns",
]
