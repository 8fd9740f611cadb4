"""Systems whose data are images: read, held out by group, and refused where the settings do not go together."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from hauberk.data import Dataset, Images, Role, encode_labels, image_shape, images_dataset
from hauberk.flows.configuration import Configuration, DataSection
from hauberk.flows.errors import BadSetting, BadTrainFunction
from hauberk.flows.functions import UserFunction, is_function, load_function
from hauberk.harden.held_out import hold_out

__all__ = ["group_codes", "hold_out_images", "input_shape", "is_of_images", "read_images", "refuse_mixed_settings"]

_TABLES_ONLY = ("id", "time", "ignored", "protected", "personal", "sensitive", "features", "relations")
_MODEL = "model.kind, data.shape"


def is_of_images(configuration: Configuration) -> bool:
    """Whether the data are images."""
    return bool(configuration.data.shape)


def input_shape(section: DataSection) -> tuple[int, int, int]:
    """(channels, height, width) of one picture.

    Raises:
        BadImages: The setting is no shape.
    """
    return image_shape(section.shape)


def refuse_mixed_settings(configuration: Configuration) -> None:
    """Images need a network and a norm, a network needs images, and what speaks of columns speaks of tables.

    Raises:
        BadSetting: They do not go together.
    """
    data, model, threat = configuration.data, configuration.model, configuration.threats.evasion
    if not data.shape:
        if model.kind == "network" or model.layers:
            hint = "set data.shape = [channels, height, width]"
            raise BadSetting(where=_MODEL, expected="images for a network", got="a table", hint=hint)
        if threat.norm or threat.eps:
            hint = "say what an adversary can do to each column in data.features"
            raise BadSetting(where="threats.evasion", expected="no norm for a table", got=f"{threat.norm}", hint=hint)
        return
    set_too = [f"data.{name}" for name in _TABLES_ONLY if getattr(data, name)]
    if set_too:
        raise BadSetting(where=", ".join(set_too), expected="a table", got="data.shape, so images")
    if not data.pixel_low < data.pixel_high:
        got = f"{data.pixel_low:g} and {data.pixel_high:g}"
        raise BadSetting(where="data.pixel-low, data.pixel-high", expected="a range", got=got)
    if model.kind != "network":
        raise BadSetting(where=_MODEL, expected='kind = "network" for images', got=f"kind = {model.kind!r}")
    if model.train or bool(model.layers) == bool(model.file):
        expected = "one of model.layers and model.file for a network, and no model.train"
        got = ", ".join(name for name in ("layers", "file", "train") if getattr(model, name)) or "none"
        raise BadSetting(where="model", expected=expected, got=got)
    if not threat.norm or not threat.eps or threat.budget is not None:
        expected, got = "norm and eps above 0, and no budget", f"norm = {threat.norm!r}, eps = {threat.eps:g}"
        hint = 'norm = "linf", eps = 0.0157 lets each pixel move by 4/255'
        raise BadSetting(where="threats.evasion", expected=expected, got=got, hint=hint)
    if configuration.harden.partitions:
        got = f"{configuration.harden.partitions}"
        raise BadSetting(where="harden.partitions", expected="0 for a network", got=got)


def read_images(
    folder: Path, section: DataSection, source: str, *, classes: tuple[str, ...] = ()
) -> tuple[Dataset, UserFunction]:
    """The images that the user's function gives, as a dataset.

    Args:
        folder: Of the project.
        section: Says shape, range and names.
        source: `FILE.py:NAME`.
        classes: Those of the training data, where other data are read.

    Raises:
        BadTrainFunction: The function fails or gives something else.
        BadImages: The pictures are not what the section says.
        BadSetting: A file.
    """
    if not is_function(source):
        hint = "write a function that gives hauberk.data.Images"
        raise BadSetting(where="data", expected="FILE.py:NAME for images", got=repr(source), hint=hint)
    reader = load_function(folder, source)
    images = reader.call()
    if not isinstance(images, Images):
        got = type(images).__name__
        hint = "return Images(pixels=..., labels=..., groups=...) of hauberk.data"
        raise BadTrainFunction(where=source, expected="hauberk.data.Images", got=got, hint=hint)
    dataset = images_dataset(
        images,
        shape=section.shape,
        target=section.target,
        low=section.pixel_low,
        high=section.pixel_high,
        group=section.group,
        classes=classes,
        where=source,
    )
    return dataset, reader


def group_codes(dataset: Dataset) -> NDArray[np.int64] | None:
    """(n,) codes of the groups; a picture without one is its own. None where no picture has one."""
    name = next(feature.name for feature in dataset.schema.features if feature.role is Role.GROUP)
    column = dataset.table.column(name)
    missing = column.is_null().to_numpy()
    if missing.all():
        return None
    codes = np.unique(column.fill_null(0).to_numpy(), return_inverse=True)[1].astype(np.int64)
    codes[missing] = codes.max() + 1 + np.arange(int(missing.sum()))
    return codes


def hold_out_images(dataset: Dataset, share: float, *, seed: int) -> NDArray[np.bool_]:
    """(n,) which pictures are held out: of each class the share, whole groups at a time.

    Raises:
        BadHardening, TooFewRows: A share above a half, or too few groups.
    """
    return hold_out(encode_labels(dataset), share=share, seed=seed, groups=group_codes(dataset))
