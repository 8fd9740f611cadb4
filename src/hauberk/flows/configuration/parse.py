"""TOML text to `Configuration`: strict, and helpful about what is wrong."""

from __future__ import annotations

import dataclasses
import difflib
import math
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar, get_args, get_origin, get_type_hints

import msgspec

from hauberk.core.gate import parse_rule
from hauberk.flows.configuration.cron import parse_cron
from hauberk.flows.configuration.sections import Configuration
from hauberk.flows.errors import BadSetting, BadToml, NoProject, UnknownSetting

__all__ = ["load_configuration", "parse_configuration", "parse_settings"]

FILE = "hauberk.toml"
PAGE = "docs/reference/configuration.md"

Settings = TypeVar("Settings")


def load_configuration(folder: Path) -> Configuration:
    """The configuration of the project in `folder`.

    Raises:
        NoProject: There is no `hauberk.toml`.
        BadToml, UnknownSetting, BadSetting, BadRule: See `parse_configuration`.
    """
    path = folder / FILE
    try:
        text = path.read_bytes()
    except (FileNotFoundError, NotADirectoryError) as error:
        hint = f"make one with `hauberk init --train FILE --target COLUMN {folder}`"
        raise NoProject(where=str(folder), expected=f"a file {FILE}", got="none", hint=hint) from error
    except OSError as error:
        raise NoProject(where=str(path), expected="a readable file", got=error.strerror or str(error)) from error
    return parse_configuration(text, where=str(path))


def parse_configuration(data: bytes, *, where: str = FILE) -> Configuration:
    """The configuration that TOML bytes describe.

    Raises:
        BadToml: Not UTF-8 or not TOML.
        UnknownSetting: A key that no section has.
        BadSetting: A value of another type or out of range, or two settings that exclude each other.
        BadRule: A gate is not a comparison.
    """
    configuration = parse_settings(data, Configuration, where=where)
    _refuse_two_models(configuration, where)
    if configuration.harden.retrain.schedule:
        parse_cron(configuration.harden.retrain.schedule, where=f"{where}: harden.retrain.schedule")
    for name, rule in configuration.gates.items():
        parse_rule(name, rule)
    return configuration


def parse_settings(data: bytes, kind: type[Settings], *, where: str, page: str = PAGE) -> Settings:
    """The dataclass that TOML bytes describe; hyphens and underscores in keys are alike.

    Args:
        data: UTF-8.
        kind: A dataclass of dataclasses and what msgspec converts.
        where: Named in errors.
        page: The documentation that an error points to.

    Raises:
        BadToml: Not UTF-8 or not TOML.
        UnknownSetting: A key that no dataclass has.
        BadSetting: A value of another type or out of range, or a number that is not finite.
    """
    try:
        document = tomllib.loads(data.decode())
    except ValueError as error:
        raise BadToml(where=where, expected="TOML", got=str(error)) from error
    _refuse_unknown(document, kind, where, "")
    _refuse_endless(document, where, "", page)
    try:
        return msgspec.convert(_underscored(document, kind), kind, strict=True)
    except msgspec.ValidationError as error:
        raise BadSetting(where=where, got=str(error), hint=f"see {page}") from error


def _refuse_two_models(configuration: Configuration, where: str) -> None:
    model = configuration.model
    if model.train and model.file:
        expected, got = "one of model.train and model.file", f"{model.train!r} and {model.file!r}"
        hint = "take out `file` to train, or `train` to secure the trained model as it is"
        raise BadSetting(where=where, expected=expected, got=got, hint=hint)


def _refuse_unknown(document: object, kind: Any, where: str, path: str) -> None:
    """Walk value and type together; the first key that the type does not have is refused."""
    if isinstance(document, list):
        for number, item in enumerate(document):
            _refuse_unknown(item, _element(kind), where, f"{path}[{number}]")
    if not isinstance(document, Mapping):
        return
    if not dataclasses.is_dataclass(kind):
        for key, value in document.items():
            _refuse_unknown(value, _element(kind), where, f"{path}.{key}")
        return
    known = get_type_hints(kind)
    for key, value in document.items():
        name = key.replace("-", "_")
        if name not in known:
            _unknown(f"{path}.{key}".lstrip("."), name, list(known), where)
        _refuse_unknown(value, known[name], where, f"{path}.{name}")


def _refuse_endless(value: object, where: str, path: str, page: str) -> None:
    """Infinity and NaN are TOML but no setting: they compare oddly, and no statement could keep them."""
    if isinstance(value, float) and not math.isfinite(value):
        place, hint = f"{where}: {path}", f"leave it out for no bound, or see {page}"
        raise BadSetting(where=place, expected="a finite number", got=str(value), hint=hint)
    if isinstance(value, list):
        for number, item in enumerate(value):
            _refuse_endless(item, where, f"{path}[{number}]", page)
    if isinstance(value, Mapping):
        for key, item in value.items():
            _refuse_endless(item, where, f"{path}.{key}".lstrip("."), page)


def _unknown(path: str, name: str, known: list[str], where: str) -> None:
    near = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
    hint = f"did you mean `{near[0]}`?" if near else f"known here: {', '.join(sorted(known))}"
    raise UnknownSetting(where=where, got=f"`{path}`", hint=hint)


def _element(kind: Any) -> Any:
    """The type of the values of a dict or tuple type."""
    arguments = [argument for argument in get_args(kind) if argument is not Ellipsis]
    origin = get_origin(kind)
    return arguments[-1] if arguments and origin in (dict, tuple) else None


def _underscored(document: Any, kind: Any) -> Any:
    """The document with the keys of sections, not of the user's own names, in the spelling of the dataclasses."""
    if isinstance(document, list):
        return [_underscored(item, _element(kind)) for item in document]
    if not isinstance(document, Mapping):
        return document
    if not dataclasses.is_dataclass(kind):
        return {key: _underscored(value, _element(kind)) for key, value in document.items()}
    known = get_type_hints(kind)
    names = {key: key.replace("-", "_") for key in document}
    return {names[key]: _underscored(value, known[names[key]]) for key, value in document.items()}
