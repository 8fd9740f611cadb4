"""`python -m hauberk.prove.verify` is `hauberk prove verify`."""

from __future__ import annotations

import sys

from hauberk.prove.verify.command import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
