"""The system's data: read, given a schema, split, and named by their manifests."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from hauberk.core.encoding import Json
from hauberk.core.finding import Finding
from hauberk.core.statement import Subject
from hauberk.data import (
    CsvOptions,
    Dataset,
    Direction,
    FeatureOverride,
    Kind,
    LinearRelation,
    Manifest,
    Role,
    Schema,
    build_manifest,
    digest_manifest,
    encode_labels,
    encode_weights,
    infer_schema,
    make_dataset,
    read_table,
    verify_schema,
)
from hauberk.data.errors import BadValue, MissingColumn
from hauberk.flows.configuration import Configuration, CsvSection, DataSection, FeatureSection
from hauberk.flows.configuration.parse import FILE
from hauberk.flows.errors import BadSetting, BadTrainFunction, NotATrainingLabel
from hauberk.flows.functions import UserFunction, is_function, load_function
from hauberk.flows.held_out import hold_out
from hauberk.flows.images import hold_out_images, is_of_images, read_images, refuse_mixed_settings

__all__ = [
    "Datasets",
    "finish_schema",
    "load_datasets",
    "load_like",
    "load_train",
    "overrides_of",
    "read_source",
    "refuse_unlearnable",
    "require_learnable",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Datasets:
    """What the stages learn from and are tested on.

    Attributes:
        train, test: Datasets of one schema.
        train_manifest, test_manifest: Their manifests, whose digests are their names.
        readers: The user's own reading functions, inputs of the first stage.
        trusted: Rows whose labels somebody has checked, or None.
        notes: What happened to the rows on the way here.
        whole: All rows of the training file, or None where each of them is a training row.
        kept: (n,) row numbers in `whole` of the training rows, or None.
        held: (m,) row numbers in `whole` of the test rows, or None where they have a file of their own.
        quarantine: What the quarantine in force says of itself, for the statement of `verify`; None without one.
    """

    train: Dataset
    test: Dataset
    train_manifest: Manifest
    test_manifest: Manifest
    readers: tuple[UserFunction, ...] = ()
    trusted: Dataset | None = None
    notes: tuple[Finding, ...] = ()
    whole: Dataset | None = None
    kept: NDArray[np.intp] | None = None
    held: NDArray[np.intp] | None = None
    quarantine: Mapping[str, Json] | None = None

    @property
    def numbers(self) -> NDArray[np.intp]:
        """(n,) the number by which each training row is named: its place in the file, from 0."""
        return np.arange(self.train.rows) if self.kept is None else self.kept

    @property
    def test_numbers(self) -> NDArray[np.intp]:
        """(m,) the number by which each test row is named: its place in the file that it stands in, from 0."""
        return np.arange(self.test.rows) if self.held is None else self.held

    @property
    def file_subject(self) -> Subject:
        """All rows of the training file as an artifact, whichever of them are trained on."""
        return Subject("file", digest_manifest(build_manifest(self.whole))) if self.whole else self.train_subject

    @property
    def train_subject(self) -> Subject:
        """The training data as an artifact."""
        return Subject("train", digest_manifest(self.train_manifest))

    @property
    def test_subject(self) -> Subject:
        """The test data as an artifact."""
        return Subject("test", digest_manifest(self.test_manifest))

    @property
    def trusted_subject(self) -> Subject | None:
        """The trusted rows as an artifact."""
        return Subject("trusted", digest_manifest(build_manifest(self.trusted))) if self.trusted else None

    @property
    def schema(self) -> Schema:
        """The one schema."""
        return self.train.schema


def load_datasets(folder: Path, configuration: Configuration, *, seed: int, more: Path | None = None) -> Datasets:
    """Read the data that `hauberk.toml` names; the schema comes from the training data and the user's overrides.

    Args:
        folder: Of the project.
        configuration: What `hauberk.toml` says.
        seed: Of the draw of test rows.
        more: A file of further training rows, with the columns of the training data.

    Raises:
        DataError: A file is missing or not what it should be; a column is unknown; values do not fit the schema;
            labels or weights are bad.
        BadTrainFunction: A reading function fails or gives neither table nor images.
        BadSetting: Settings of images and of tables are mixed.
        NotATrainingLabel: No input, fewer than two classes, or a class with fewer training rows than folds.
    """
    section = configuration.data
    train, train_reader = _load_train(folder, configuration, more)
    schema, whole, kept, held = train.schema, None, None, None
    readers = [train_reader]
    if section.test:
        test, test_reader = _load_labelled(folder, configuration, section.test, schema)
        readers.append(test_reader)
    else:
        split = hold_out_images if is_of_images(configuration) else hold_out
        tested = split(train, section.test_share, seed=seed)
        whole, kept, held = train, np.flatnonzero(~tested), np.flatnonzero(tested)
        train, test = whole.take(kept), whole.take(held)
    trusted = None
    if configuration.verify.trusted:
        trusted, trusted_reader = _load_labelled(folder, configuration, configuration.verify.trusted, schema)
        readers.append(trusted_reader)
    require_learnable(train, folds=configuration.verify.folds)
    return Datasets(
        train=train,
        test=test,
        train_manifest=build_manifest(train),
        test_manifest=build_manifest(test),
        readers=tuple(reader for reader in readers if reader),
        trusted=trusted,
        whole=whole,
        kept=kept,
        held=held,
    )


def load_train(folder: Path, configuration: Configuration) -> Dataset:
    """All rows of the training data, before any is held out.

    Raises:
        DataError, BadTrainFunction: As `load_datasets`.
    """
    return _load_train(folder, configuration)[0]


def load_like(source: str | Path, train: Dataset, folder: Path, configuration: Configuration) -> Dataset:
    """Other data under the schema of the training data; labels need not be there.

    Args:
        source: A file, or what a setting of `hauberk.toml` names.
        train: Whose schema it is.
        folder: Of the project.
        configuration: Says how CSV is read.

    Raises:
        DataError, BadTrainFunction: As `load_datasets`.
    """
    if is_of_images(configuration):
        classes = train.schema.target.categories if train.schema.target else ()
        return read_images(folder, configuration.data, str(source), classes=classes)[0]
    csv = configuration.data.csv
    table = read_source(source, csv) if isinstance(source, Path) else _read(folder, source, csv)[0]
    return make_dataset(table, train.schema, where=str(source))


def read_source(path: Path, section: CsvSection) -> pa.Table:
    """The table in a file, CSV read as the section says."""
    return read_table(path, csv=CsvOptions(**asdict(section)))


def _read(folder: Path, source: str, section: CsvSection) -> tuple[pa.Table, UserFunction | None]:
    if not is_function(source):
        return read_source(folder / source, section), None
    reader = load_function(folder, source)
    table = reader.call()
    if not isinstance(table, pa.Table):
        raise BadTrainFunction(where=source, expected="a pyarrow.Table", got=type(table).__name__)
    return table, reader


def _load_train(
    folder: Path, configuration: Configuration, more: Path | None = None
) -> tuple[Dataset, UserFunction | None]:
    section = configuration.data
    refuse_mixed_settings(configuration)
    if is_of_images(configuration):
        if more is not None:
            hint = f"let {section.train} give them with the others"
            raise BadSetting(where="--data", expected="a system of tables", got="one of images", hint=hint)
        return read_images(folder, section, section.train)
    table, reader = _read(folder, section.train, section.csv)
    if more is not None:
        added = _of_columns(read_source(more, section.csv), table, str(more))
        table = _joined(table, added, str(more))
        # What is wrong with the added rows is told of their own file and in their own numbers.
        encode_weights(_labelled(added, _schema(table, configuration), str(more)), where=str(more))
    train = _labelled(table, _schema(table, configuration), section.train)
    encode_weights(train, where=section.train)
    return train, reader


def _of_columns(more: pa.Table, table: pa.Table, where: str) -> pa.Table:
    """The columns of the table, in its order.

    Raises:
        MissingColumn: One is not there.
    """
    missing = [name for name in table.column_names if name not in more.column_names]
    if missing:
        raise MissingColumn(where=where, expected=f"a column `{missing[0]}`", got="none")
    return more.select(table.column_names)


def _joined(table: pa.Table, more: pa.Table, where: str) -> pa.Table:
    """The rows of both.

    Raises:
        BadValue: A column holds what cannot stand beside the others' values.
    """
    try:
        return pa.concat_tables([table, more], promote_options="permissive")
    except pa.ArrowException as error:
        raise BadValue(where=where, expected="columns of the training data's types", got=str(error)) from error


def _load_labelled(
    folder: Path, configuration: Configuration, source: str, schema: Schema
) -> tuple[Dataset, UserFunction | None]:
    """Other data than the training data, with labels."""
    if is_of_images(configuration):
        classes = schema.target.categories if schema.target else ()
        return read_images(folder, configuration.data, source, classes=classes)
    table, reader = _read(folder, source, configuration.data.csv)
    return _labelled(table, schema, source), reader


def _labelled(table: pa.Table, schema: Schema, source: str) -> Dataset:
    """The table under the schema, refused by the name of its source where a row has no label of the schema's."""
    dataset = make_dataset(table, schema, where=source)
    encode_labels(dataset, where=source)
    return dataset


def _schema(table: pa.Table, configuration: Configuration) -> Schema:
    section = configuration.data
    schema = infer_schema(table, target=section.target, overrides=overrides_of(section), where=section.train)
    return finish_schema(schema, configuration)


def finish_schema(schema: Schema, configuration: Configuration) -> Schema:
    """The schema with the relations and the adversary's budget of `hauberk.toml`.

    Raises:
        BadOverride: It contradicts itself.
    """
    section = configuration.data
    relations = tuple(
        LinearRelation(name=r.name, coefficients=tuple(sorted(r.coefficients.items())), bound=r.bound)
        for r in section.relations
    )
    budget = configuration.threats.evasion.budget
    return verify_schema(replace(schema, relations=relations, budget=budget), where=FILE)


def overrides_of(section: DataSection) -> dict[str, FeatureOverride]:
    """The lists of columns and the tables of single columns, as one override a column; the table wins."""
    overrides: dict[str, FeatureOverride] = {}

    def note(names: Sequence[str], wish: FeatureOverride) -> None:
        for name in names:
            overrides[name] = _merge(overrides.get(name, FeatureOverride()), wish)

    for name, role in ((section.id, Role.ID), (section.time, Role.TIME), (section.group, Role.GROUP)):
        note([name] if name else [], FeatureOverride(role=role))
    note(section.ignored, FeatureOverride(role=Role.IGNORED))
    note(section.protected, FeatureOverride(protected=True))
    note(section.personal, FeatureOverride(personal=True))
    note(section.sensitive, FeatureOverride(sensitive=True))
    for name, feature in section.features.items():
        note([name], _override(feature))
    return overrides


def _override(feature: FeatureSection) -> FeatureOverride:
    facts = asdict(feature)
    for name, kind in (("kind", Kind), ("role", Role), ("direction", Direction)):
        facts[name] = kind(facts[name]) if facts[name] is not None else None
    return FeatureOverride(**facts)


def _merge(old: FeatureOverride, new: FeatureOverride) -> FeatureOverride:
    said = {name: value for name, value in asdict(new).items() if value is not None}
    return replace(old, **said)


def require_learnable(train: Dataset, *, folds: int) -> None:
    """Refuse training rows that have no input, one class only, or a class that some fold would be without.

    Raises:
        NotATrainingLabel: They do.
    """
    target = train.schema.target
    counts = np.bincount(
        encode_labels(train)[encode_weights(train) > 0], minlength=len(target.categories) if target else 0
    )
    refuse_unlearnable(train.schema, counts, folds=folds)


def refuse_unlearnable(schema: Schema, counts: NDArray[np.integer], *, folds: int) -> None:
    """What `require_learnable` refuses, by the (k,) training rows of each class that count.

    Raises:
        NotATrainingLabel: See there.
    """
    target = schema.target
    where, classes = (target.name, target.categories) if target else ("target", ())
    if not schema.inputs:
        hint = 'keys, times, free text and ignored columns are no inputs; give one `role = "input"`'
        raise NotATrainingLabel(where="data", expected="at least one input column", got="none", hint=hint)
    if len(classes) < 2:
        raise NotATrainingLabel(where=where, expected="at least two classes", got=f"{len(classes)}")
    rarest = int(counts.argmin())
    if counts[rarest] < folds:
        raise NotATrainingLabel(
            where=where,
            expected=f"at least {folds} training rows of each class (`verify.folds`)",
            got=f"{counts[rarest]} of {classes[rarest]!r}",
            hint="take the class out, join it with another, or give more rows",
        )
