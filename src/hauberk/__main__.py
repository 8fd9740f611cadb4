"""The entry point of the command `hauberk`.

`hauberk prove verify` must run where nothing but `cryptography` and `msgspec` is installed, so it is handed to the
offline verifier before the full command line, which needs more, is imported.
"""

from __future__ import annotations

import sys

__all__ = ["main"]


def main() -> int:
    """Run the command in `sys.argv` and give its exit code."""
    if sys.argv[1:3] == ["prove", "verify"]:
        from hauberk.prove.verify.command import main as verify

        return verify(sys.argv[3:])
    try:
        from hauberk.cli.app import run
    except ModuleNotFoundError as error:
        text = f"hauberk: the package `{error.name}` is missing; only `hauberk prove verify` works without it\n"
        sys.stderr.write(text)
        return 2
    return run(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())
