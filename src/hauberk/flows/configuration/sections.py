"""Every setting of `hauberk.toml`, its type, its default and its meaning.

Keys are written with hyphens or underscores alike. The docstrings are the reference page.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated, Any, Literal

from msgspec import Meta

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
]

Share = Annotated[float, Meta(ge=0, le=1)]
Count = Annotated[int, Meta(ge=1)]


@dataclass(frozen=True, slots=True, kw_only=True)
class SystemSection:
    """What the system is.

    Attributes:
        name: Short name; it becomes the ledger's origin and the bundle's name.
        owner: Who answers for it.
        intended_use: What it is for, in a sentence; printed in the report.
        seed: Seed of every random choice.
    """

    name: Annotated[str, Meta(pattern=r"^[a-z0-9][a-z0-9._-]{0,63}$")]
    owner: str = ""
    intended_use: str = ""
    seed: Annotated[int, Meta(ge=0, lt=2**31)] = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class CsvSection:
    """How a CSV file is to be read.

    Attributes:
        delimiter: One character.
        columns: Column names of a file without a header.
        skip_rows: Lines to leave out at the top.
        null: Texts that mean a missing value.
        strip: Whether white space around a cell is dropped.
    """

    delimiter: Annotated[str, Meta(min_length=1, max_length=1)] = ","
    columns: tuple[str, ...] = ()
    skip_rows: Annotated[int, Meta(ge=0)] = 0
    null: tuple[str, ...] = ("", "NA", "NaN", "null")
    strip: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class FeatureSection:
    """What is known of one column; what is left out is inferred from the training data.

    Attributes:
        kind: `number`, `integer`, `category` or `text`.
        role: `input`, `target`, `id`, `time`, `group`, `weight` or `ignored`. The one column with the role `weight`
            says in numbers from 0 how much each row counts in training; rates in claims count every row alike.
        unit: Unit of the values.
        low, high: Valid range.
        categories: Valid values.
        nullable: Whether a missing value is valid.
        protected, personal, sensitive: What the law says of the column.
        mutable: Whether the adversary can change it.
        direction: Which way a number can be moved: `both`, `up`, `down`.
        within: Largest absolute change.
        reach_low, reach_high: The adversary moves no value beyond these.
        cost: Cost a unit of change, or of any change of a category.
        choices: Categories that the adversary can claim; all where left out.
        one_hot: Name of the one-hot group of the column.
    """

    kind: Literal["number", "integer", "category", "text"] | None = None
    role: Literal["input", "target", "id", "time", "group", "weight", "ignored"] | None = None
    unit: str | None = None
    low: float | None = None
    high: float | None = None
    categories: tuple[str, ...] | None = None
    nullable: bool | None = None
    protected: bool | None = None
    personal: bool | None = None
    sensitive: bool | None = None
    mutable: bool | None = None
    direction: Literal["both", "up", "down"] | None = None
    within: Annotated[float, Meta(ge=0)] | None = None
    reach_low: float | None = None
    reach_high: float | None = None
    cost: Annotated[float, Meta(ge=0)] | None = None
    choices: tuple[str, ...] | None = None
    one_hot: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RelationSection:
    """A linear relation that every valid row obeys: the weighted sum of the columns is at most `bound`."""

    name: str
    coefficients: dict[str, float]
    bound: float


@dataclass(frozen=True, slots=True, kw_only=True)
class DataSection:
    """Where the data are and what the columns mean.

    Attributes:
        train: A file (csv, csv.gz, parquet, arrow, npz) beside `hauberk.toml`, or `FILE.py:NAME`, a function without
            arguments that gives a `pyarrow.Table`, or `hauberk.data.Images` where there is a `shape`.
        test: The same; where empty, `test_share` of the training rows is held out: the latest by a column of the role
            `time`, else of each class those that seed and content of the rows decide.
        test_share: Share of the rows to hold out.
        target: Column to predict.
        id, time, group: Columns with these roles.
        ignored: Columns that the model must not see.
        protected, personal, sensitive: Columns that the law speaks of.
        shape: Of one picture, `[channels, height, width]` or `[height, width]`: the data are images, and `group` names
            what pictures are held out together.
        pixel_low, pixel_high: Valid range of a pixel.
        csv: How CSV files are read.
        features: What is known of single columns.
        relations: Linear relations between columns.
    """

    train: str
    target: str
    test: str = ""
    test_share: Annotated[float, Meta(gt=0, lt=1)] = 0.25
    id: str = ""
    time: str = ""
    group: str = ""
    ignored: tuple[str, ...] = ()
    protected: tuple[str, ...] = ()
    personal: tuple[str, ...] = ()
    sensitive: tuple[str, ...] = ()
    shape: tuple[Count, ...] = ()
    pixel_low: float = 0.0
    pixel_high: float = 1.0
    csv: CsvSection = field(default_factory=CsvSection)
    features: dict[str, FeatureSection] = field(default_factory=dict)
    relations: tuple[RelationSection, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelSection:
    """The model: the built-in booster, a network in layers, a training function, or a trained file.

    Attributes:
        kind: `trees`, or `network`: for images (`data.shape`), trained in PyTorch (extra `deep`).
        layers: Of the network, in order, such as `{ type = "Conv2d", in-channels = 3, out-channels = 32,
            kernel-size = 3, padding = 1 }`; the types and settings are those that a sealed network can name, and
            `{ type = "Residual", layers = [...] }` adds what its layers make of their input to the input.
        train: `FILE.py:NAME`, a function that takes a `hauberk.models.TrainingSet` and gives a model; empty for the
            built-in booster.
        file: A trained model (xgboost json or ubj, lightgbm txt, onnx, safetensors); nothing is trained then, so
            `train` is empty.
        trees, depth, learning_rate: Size and step of the built-in booster.
        threads: Threads of the built-in booster; the same number gives the same model. More than one pays only on a
            machine with nothing else to do.
    """

    kind: Literal["trees", "network"] = "trees"
    layers: tuple[dict[str, Any], ...] = ()
    train: str = ""
    file: str = ""
    trees: Count = 150
    depth: Annotated[int, Meta(ge=1, le=16)] = 6
    learning_rate: Annotated[float, Meta(gt=0, le=1)] = 0.15
    threads: Annotated[int, Meta(ge=1, le=64)] = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifySection:
    """How the data are checked.

    Attributes:
        folds: Folds of the out-of-fold predictions that rank label errors.
        trees: Trees of the boosters that look at the labels.
        trusted: A file, or `FILE.py:NAME`, with rows whose labels somebody has checked, drawn from the same source as
            the training rows and not among them. Only with it are rows flagged at all.
        q: Bound of the expected share of right labels among the flagged rows (false-discovery rate).
        trusted_by_class: Hold each row against the trusted rows of its own class only; needed where they were chosen
            class by class, and weaker.
        drop_cap: Largest share of the rows, and of the rows of one class, that a quarantine may take.
        check_seconds: Seconds that one check of the data may take. One that takes longer is stopped and tried again
            column by column; what is not checked is a finding.
        check_memory: MiB that one check may allocate; 0 for no bound.
        backdoor_rows: Most rows among which the search for a backdoor's trigger looks, drawn by content; a trigger that
            it finds is then looked for in all. 0 leaves the search out.
        in_memory_rows: Most rows of the training and of the test file that `hauberk verify` loads whole. Of more it
            reads batches, checks all of them, and draws `sample_rows` for what needs many rows at once. The other
            stages load all rows.
        sample_rows: Rows of that sample.
    """

    folds: Annotated[int, Meta(ge=2, le=20)] = 5
    trees: Count = 60
    trusted: str = ""
    q: Annotated[float, Meta(gt=0, lt=1)] = 0.1
    trusted_by_class: bool = False
    drop_cap: Annotated[float, Meta(gt=0, lt=1)] = 0.1
    check_seconds: Annotated[float, Meta(gt=0, le=1e6)] = 300.0
    check_memory: Annotated[int, Meta(ge=0, le=2**31)] = 4096
    backdoor_rows: Annotated[int, Meta(ge=0)] = 10_000
    in_memory_rows: Count = 1_000_000
    sample_rows: Annotated[int, Meta(ge=1000)] = 50_000


@dataclass(frozen=True, slots=True, kw_only=True)
class EvasionSection:
    """What the adversary wants at inference, and may spend.

    Attributes:
        goal: The class that the adversary wants to be given, or empty: any wrong answer counts.
        budget: Total cost of the changes of one row; unbounded where left out.
        norm, eps: For images: how far a picture may be moved, in `linf` each pixel by up to `eps`, in `l2` all
            together; in units of the pixels, such as 8/255 = 0.0314.
        rows: How many test rows are attacked, 0 for all.
    """

    goal: str = ""
    budget: Annotated[float, Meta(ge=0)] | None = None
    norm: Literal["", "linf", "l2"] = ""
    eps: Annotated[float, Meta(ge=0)] = 0.0
    rows: Annotated[int, Meta(ge=0)] = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ThreatsSection:
    """The threats that the system must stand. Which columns an adversary can change stands in `data.features`."""

    evasion: EvasionSection = field(default_factory=EvasionSection)


@dataclass(frozen=True, slots=True, kw_only=True)
class RetrainSection:
    """When the model is trained anew, and what the new one must keep up to.

    Attributes:
        schedule: Cron expression of five fields (minute, hour, day of month, month, day of week), such as
            `0 3 * * mon`, for `hauberk harden retrain --watch`; empty for none. It is read in local time.
        tolerance: How much worse, as a share, the new model may be than the one in use in accuracy, accuracy under
            attack, certified accuracy, differences between groups, and what it gives away of its training rows.
        fewest: Test rows that neither model has seen, below which nothing is promoted.
    """

    schedule: str = ""
    tolerance: Share = 0.01
    fewest: Count = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class HardenSection:
    """How the model is hardened.

    Attributes:
        adversarial: Whether robust candidates are trained at all.
        max_clean_loss: Clean accuracy, as a share, that robustness may cost.
        validation_share: Share of the training rows on which candidates are compared.
        recipes: Names of the recipes to try; all where left out.
        recipe: How a network is hardened.
        eps: Radius that a network is trained against; 0 for that of the threat. A larger one than the threat's often
            wins more than it costs.
        epochs, batch, rate: Passes over the rows, rows of a step, and peak of the learning rate of a network.
        average: Decay of the moving average of a network's weights, 0 for none.
        decay: Weight decay of a network.
        shift: Pixels by which images are moved each way while a network is trained.
        light: They are made darker or brighter by a factor from exp(-light) to exp(light); 0 leaves them as they are.
        threads: Of PyTorch; the same number gives the same network.
        partitions: Into how many parts the training rows are dealt, to certify predictions against bad training rows;
            0 for no such certificate. More parts stand more bad rows and are less accurate.
        partition_trees, partition_depth: Size of the booster that is trained on each part.
        seal_partitions: Whether the election of these boosters is the model that is attacked and sealed. Otherwise the
            certificate is about the election only, and its claims begin with `partitions.`.
        retrain: When the model is trained anew.
    """

    adversarial: bool = True
    max_clean_loss: Share = 0.01
    validation_share: Annotated[float, Meta(gt=0, le=0.5)] = 0.2
    recipes: tuple[str, ...] = ()
    recipe: Literal["n-fgsm", "n-fgsm-awp", "fgsm", "pgd-7", "pgd-7-awp", "trades", "trades-awp"] = "n-fgsm"
    eps: Annotated[float, Meta(ge=0)] = 0.0
    epochs: Count = 25
    batch: Annotated[int, Meta(ge=2)] = 64
    rate: Annotated[float, Meta(gt=0, lt=100)] = 5e-3
    average: Annotated[float, Meta(ge=0, lt=1)] = 0.0
    decay: Annotated[float, Meta(ge=0, lt=1)] = 0.0
    shift: Annotated[int, Meta(ge=0)] = 0
    light: Annotated[float, Meta(ge=0, le=3)] = 0.0
    threads: Annotated[int, Meta(ge=1, le=64)] = 1
    partitions: Annotated[int, Meta(ge=0, le=4096)] = 0
    partition_trees: Count = 30
    partition_depth: Annotated[int, Meta(ge=1, le=16)] = 3
    seal_partitions: bool = False
    retrain: RetrainSection = field(default_factory=RetrainSection)


@dataclass(frozen=True, slots=True, kw_only=True)
class SealSection:
    """How the bundle is signed.

    Attributes:
        profile: `ed25519`, or `ed25519+ml-dsa-44` for the hybrid post-quantum signature. It is chosen when the keys
            are made and holds for the life of the ledger.
    """

    profile: Literal["ed25519", "ed25519+ml-dsa-44"] = "ed25519"


@dataclass(frozen=True, slots=True, kw_only=True)
class ProveSection:
    """Where the results go.

    Attributes:
        folder: Folder for report, bundle, proof and public key, beside `hauberk.toml` and outside `.hauberk`.
        examples: Whether the report shows test rows and pictures that fall first. Pictures are shown as they are, so
            turn it off where they show persons; of rows, columns that are personal or sensitive are named only.
    """

    folder: str = "evidence"
    examples: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Configuration:
    """What stands in no section.

    Attributes:
        gates: Under `[gates]`, the name of each claim that is promised and its rule, such as `">= 0.60"`.
        engine: Where the data are checked: `local`, `ray` (a Ray of this machine, extra `scale`) or
            `ray://HOST:PORT`, the client port of a Ray cluster whose nodes have the same version of Hauberk.
    """

    system: SystemSection
    data: DataSection
    engine: Annotated[str, Meta(pattern=r"^(local|ray|ray://[^\s/]+:[0-9]+)$")] = "local"
    model: ModelSection = field(default_factory=ModelSection)
    verify: VerifySection = field(default_factory=VerifySection)
    threats: ThreatsSection = field(default_factory=ThreatsSection)
    harden: HardenSection = field(default_factory=HardenSection)
    gates: dict[str, str] = field(default_factory=dict)
    seal: SealSection = field(default_factory=SealSection)
    prove: ProveSection = field(default_factory=ProveSection)
