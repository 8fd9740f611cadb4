"""Names and texts as TOML spells them."""

from __future__ import annotations

import json
import re

__all__ = ["toml_key", "toml_text"]


def toml_text(text: str) -> str:
    """A TOML basic string: JSON's escapes are among TOML's, save surrogates; what cannot be printed is spelt out."""
    told = json.dumps(text, ensure_ascii=False)
    return "".join(one if one.isprintable() else f"\\U{ord(one):08x}" for one in told)


def toml_key(name: str) -> str:
    """A name as a key, quoted where it must be."""
    return name if re.fullmatch(r"[A-Za-z0-9_-]+", name) else toml_text(name)
