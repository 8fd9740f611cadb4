"""Evidence of identifiers against what the schema says of its columns."""

from __future__ import annotations

from hauberk.core.finding import Finding, Severity
from hauberk.core.progress import Progress, silent
from hauberk.data import Dataset, Feature, Role, Schema
from hauberk.verify.personal.evidence import IdentifierEvidence
from hauberk.verify.personal.identifier import Identifier
from hauberk.verify.personal.scan import DEFAULT_PERSONAL_SCAN, PersonalScan, scan_personal

__all__ = ["check_personal", "personal_findings"]

_SENSITIVE = frozenset({Identifier.HEALTH, Identifier.SPECIAL_CATEGORY})


def check_personal(
    dataset: Dataset, *, seed: int, scan: PersonalScan = DEFAULT_PERSONAL_SCAN, progress: Progress = silent
) -> tuple[Finding, ...]:
    """`personal_findings` of `scan_personal`; a dataset without rows is an error, for it would pass.

    >>> import pyarrow as pa
    >>> from hauberk.data import infer_schema, make_dataset
    >>> table = pa.table({"contact": [f"user{n}@example.org" for n in range(40)], "y": ["a", "b"] * 20})
    >>> dataset = make_dataset(table, infer_schema(table, target="y"))
    >>> [(finding.code, str(finding.severity)) for finding in check_personal(dataset, seed=0)]
    [('verify.personal.unmarked', 'warning')]

    Raises:
        BadPersonalScan: A setting is out of range.
    """
    if not dataset.rows or not dataset.schema.features:
        message = f"{dataset.rows} rows in {len(dataset.schema.features)} columns: there is nothing to look at"
        return (Finding(code="verify.personal.empty", severity=Severity.ERROR, message=message, count=0),)
    return personal_findings(scan_personal(dataset, seed=seed, scan=scan, progress=progress), dataset.schema)


def personal_findings(evidence: tuple[IdentifierEvidence, ...], schema: Schema) -> tuple[Finding, ...]:
    """One finding for each class in each column; none names a row or a value.

    Codes `verify.personal.` and: `unmarked` (identifiers in a column that is not `personal`, or special categories in
    one that is not `sensitive`; an error where check digits prove them and the column is an input of the model),
    `suspected` (unmarked, and only the name or the shape speaks for it), `model_input` (marked, and an input all the
    same: the model may learn persons by heart), `marked` (as the schema says).
    """
    features = {feature.name: feature for feature in schema.features}
    return tuple(_finding(one, features[one.column]) for one in evidence if one.column in features)


def _finding(evidence: IdentifierEvidence, feature: Feature) -> Finding:
    flag = "sensitive" if evidence.identifier in _SENSITIVE else "personal"
    marked = feature.sensitive if flag == "sensitive" else feature.personal or feature.sensitive
    is_input = feature.role is Role.INPUT
    if marked and is_input and not evidence.is_weak and flag == "personal":
        code, severity, end = "model_input", Severity.WARNING, "and is an input of the model"
    elif marked:
        code, severity, end = "marked", Severity.INFO, f"and is marked {flag}"
    elif evidence.is_weak:
        code, severity, end = "suspected", Severity.INFO, f"and is not marked {flag}"
    else:
        proved = evidence.is_proved and is_input
        code, severity = "unmarked", Severity.ERROR if proved else Severity.WARNING
        end = f"and is not marked {flag}"
    message = f"`{evidence.column}` {_statement(evidence)}, {end}"
    return Finding(
        code=f"verify.personal.{code}", severity=severity, message=message, feature=feature.name, count=evidence.count
    )


def _statement(evidence: IdentifierEvidence) -> str:
    verb = "may hold" if evidence.is_weak else "holds"
    share = evidence.share
    schemes = f" ({', '.join(evidence.schemes)})" if evidence.schemes else ""
    place = " inside texts" if evidence.inside_text else ""
    law = f"GDPR Art. {evidence.gdpr}"
    if evidence.hipaa:
        law = f"HIPAA Safe Harbor {evidence.hipaa}, {law}"
    kinds = " and ".join(evidence.kinds)
    return (
        f"{verb} {evidence.identifier}{schemes}{place}: {evidence.count} of {share.n} values, "
        f"{100 * share.value:.3g} % ({100 * share.low:.3g} to {100 * share.high:.3g} %), by {kinds}; {law}"
    )
