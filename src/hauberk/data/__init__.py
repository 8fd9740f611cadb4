"""Tables and what they mean: reading, schema, encoding, the adversary's reach, and the manifest that names changes."""

from hauberk.data.adversary import ball_reach, resolve_reach
from hauberk.data.canonical import row_bytes
from hauberk.data.conform import conform_table
from hauberk.data.dataset import Dataset, make_dataset
from hauberk.data.encode import bad_label, decode_rows, encode_labels, encode_rows, encode_weights
from hauberk.data.extent import Extent, loosened_schema, measure_extents, widen_schema
from hauberk.data.images import Images, image_shape, images_dataset, pool_images
from hauberk.data.infer import DEFAULT_INFERENCE, Inference, infer_schema
from hauberk.data.limits import DEFAULT_TABLE_LIMITS, STREAM_LIMITS, TableLimits
from hauberk.data.manifest import (
    BATCH_ROWS,
    ChangedBatch,
    Manifest,
    ManifestBuilder,
    build_manifest,
    changed_rows,
    compare_manifests,
    digest_manifest,
    digest_rows,
    find_changed_rows,
    parse_manifest,
    render_manifest,
    row_digests,
)
from hauberk.data.overrides import FeatureOverride, apply_overrides
from hauberk.data.reach import Reach, Within
from hauberk.data.reach_check import Violation, check_reach, list_violations
from hauberk.data.readers import CsvOptions, has_more_rows, open_batches, read_table
from hauberk.data.row_changes import RowChanges, compare_rows, parse_row_digests
from hauberk.data.row_keys import row_keys
from hauberk.data.schema import (
    Adversary,
    Direction,
    Feature,
    Kind,
    LinearRelation,
    Role,
    Schema,
    input_schema,
)
from hauberk.data.schema_document import digest_schema, parse_schema, render_schema, without_adversary
from hauberk.data.schema_rules import verify_schema
from hauberk.data.text_votes import TextVote, type_texts, vote_texts

__all__ = [
    "compare_rows",
    "parse_row_digests",
    "BATCH_ROWS",
    "DEFAULT_INFERENCE",
    "DEFAULT_TABLE_LIMITS",
    "Adversary",
    "ChangedBatch",
    "CsvOptions",
    "Dataset",
    "Direction",
    "Extent",
    "Feature",
    "FeatureOverride",
    "Images",
    "Inference",
    "Kind",
    "LinearRelation",
    "Manifest",
    "ManifestBuilder",
    "Reach",
    "Role",
    "RowChanges",
    "STREAM_LIMITS",
    "Schema",
    "TableLimits",
    "TextVote",
    "Violation",
    "Within",
    "apply_overrides",
    "bad_label",
    "ball_reach",
    "build_manifest",
    "changed_rows",
    "check_reach",
    "compare_manifests",
    "conform_table",
    "decode_rows",
    "digest_manifest",
    "digest_rows",
    "digest_schema",
    "encode_labels",
    "encode_rows",
    "encode_weights",
    "find_changed_rows",
    "has_more_rows",
    "image_shape",
    "images_dataset",
    "infer_schema",
    "input_schema",
    "list_violations",
    "loosened_schema",
    "make_dataset",
    "measure_extents",
    "open_batches",
    "parse_manifest",
    "parse_schema",
    "pool_images",
    "read_table",
    "render_manifest",
    "render_schema",
    "resolve_reach",
    "row_bytes",
    "row_digests",
    "row_keys",
    "type_texts",
    "verify_schema",
    "vote_texts",
    "widen_schema",
    "without_adversary",
]
