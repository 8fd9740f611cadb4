"""The user's file, `hauberk.toml`, as frozen values."""

from hauberk.flows.configuration.cron import parse_cron
from hauberk.flows.configuration.parse import load_configuration, parse_configuration
from hauberk.flows.configuration.sections import (
    Configuration,
    CsvSection,
    DataSection,
    EvasionSection,
    FeatureSection,
    HardenSection,
    ModelSection,
    ProveSection,
    RelationSection,
    RetrainSection,
    SealSection,
    SystemSection,
    ThreatsSection,
    VerifySection,
)

__all__ = [
    "Configuration",
    "CsvSection",
    "DataSection",
    "EvasionSection",
    "FeatureSection",
    "HardenSection",
    "ModelSection",
    "ProveSection",
    "RelationSection",
    "RetrainSection",
    "SealSection",
    "SystemSection",
    "ThreatsSection",
    "VerifySection",
    "load_configuration",
    "parse_configuration",
    "parse_cron",
]
