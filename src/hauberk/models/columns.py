"""Whether a model and a table speak of the same columns."""

from __future__ import annotations

import re
from collections.abc import Sequence

from hauberk.models.errors import WrongColumns
from hauberk.models.library_model import LibraryModel
from hauberk.models.protocols import Model

__all__ = ["require_width"]

_NAMED = 8  # names of each sort that the message shows
_MADE_UP = re.compile(r"(Column_|f|x)(0|[1-9][0-9]*)")
"""What libraries call columns that came without names (LightGBM `Column_0`, XGBoost `f0`, scikit-learn `x0`)."""


def require_width(model: Model, names: Sequence[str]) -> None:
    """Refuse a model that expects other columns than `names`, or the same in another order.

    A model that knows no names is held to their number only. LightGBM writes a space in a name as `_`; the two are
    taken as the same.

    Raises:
        WrongColumns: Says which names are missing (expected by the model), which are unexpected, or which come first
            out of order.
    """
    own = model.names if isinstance(model, LibraryModel) and not _made_up(model.names) else ()
    spoken = [_plain(name) for name in names]
    known = [_plain(name) for name in own]
    missing = [name for name in own if _plain(name) not in spoken] if own else []
    unexpected = [name for name in names if _plain(name) not in known] if own else []
    hint = "train on the columns of the schema, in its order, or correct the schema"
    if missing or unexpected:
        got = "; ".join(filter(None, [_list("missing", missing), _list("unexpected", unexpected)]))
        raise WrongColumns(expected=f"the {len(own)} columns of its training", got=got, hint=hint)
    if model.width != len(names):
        raise WrongColumns(expected=f"{model.width} columns", got=f"{len(names)}", hint=hint)
    if own and known != spoken:
        place = next(place for place, pair in enumerate(zip(known, spoken, strict=True)) if pair[0] != pair[1])
        got = f"the same in another order: column {place} is {names[place]}, not {own[place]}"
        raise WrongColumns(expected=f"the {len(own)} columns of its training, in their order", got=got, hint=hint)


def _made_up(names: Sequence[str]) -> bool:
    matches = [_MADE_UP.fullmatch(name) for name in names]
    return all(match and int(match[2]) == place for place, match in enumerate(matches))


def _plain(name: str) -> str:
    return re.sub(r"\s", "_", name)


def _list(word: str, names: Sequence[str]) -> str:
    if not names:
        return ""
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return f"{word} {', '.join(names[:_NAMED])}{more}"
