"""ZIP areas of the first three digits where too few people live to name them."""

from __future__ import annotations

__all__ = ["RESTRICTED_ZIP3"]

RESTRICTED_ZIP3 = frozenset(
    "036 059 063 102 203 556 692 790 821 823 830 831 878 879 884 890 893".split()  # noqa: SIM905
)
"""The 17 areas of at most 20,000 people after the Census of 2000.

The rule asks for "the current publicly available data from the Bureau of the Census"; the Department has published
no later list. Give `ZipToThree` another one where you hold newer figures.

Source: US Department of Health and Human Services, "Guidance Regarding Methods for De-identification of Protected
Health Information", 2012-11-26, on 45 CFR §164.514(b)(2)(i)(B).
"""
