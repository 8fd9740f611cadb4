"""National identity, tax and insurance numbers: one row a country and numbering system."""

from __future__ import annotations

import re
from collections.abc import Callable

from stdnum import luhn
from stdnum.at import vnr
from stdnum.au import tfn
from stdnum.bg import egn
from stdnum.br import cpf
from stdnum.ca import sin
from stdnum.ch import ssn as ahv
from stdnum.cl import rut
from stdnum.cz import rc
from stdnum.de import idnr
from stdnum.ee import ik
from stdnum.es import dni, nie
from stdnum.fi import hetu
from stdnum.fr import nir
from stdnum.gb import nhs
from stdnum.hr import oib
from stdnum.ie import pps
from stdnum.il import idnr as teudat
from stdnum.in_ import aadhaar
from stdnum.iso7064 import mod_11_2
from stdnum.it import codicefiscale
from stdnum.mx import curp
from stdnum.nl import bsn
from stdnum.no import fodselsnummer
from stdnum.pl import pesel
from stdnum.pt import nif
from stdnum.ro import cnp
from stdnum.tr import tckimlik

from hauberk.verify.personal.identifier import EvidenceKind, Identifier
from hauberk.verify.personal.pattern import Pattern, standing_alone

__all__ = ["COUNTRIES", "NATIONAL"]

_SEPARATORS = re.compile("[^0-9]")
_MMDD = "(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])"
_DDMM = "(?:0[1-9]|[12][0-9]|3[01])(?:0[1-9]|1[0-2])"


def _digits(text: str) -> str:
    return _SEPARATORS.sub("", text)


def _is_chinese(text: str) -> bool:
    # The module looks the birth place up, and fails on some regions that are no longer.
    return bool(mod_11_2.is_valid(text.upper()))


# The modules of these four compare with today's date; a check here must give the same answer every day.
def _is_belgian(text: str) -> bool:
    number = _digits(text)
    return int(number[9:]) in (97 - int(number[:9]) % 97, 97 - int("2" + number[:9]) % 97)


def _is_norwegian(text: str) -> bool:
    number = _digits(text)
    first, second = fodselsnummer.calc_check_digit1(number), fodselsnummer.calc_check_digit2(number)
    return number[9:] == f"{first}{second}"


def _is_swedish(text: str) -> bool:
    return bool(luhn.is_valid(_digits(text)[-10:]))


def _is_south_african(text: str) -> bool:
    return bool(luhn.is_valid(_digits(text)))


def _number(
    scheme: str, form: str, check: Callable[[str], bool], one_of: float, *, least: int, telling: bool = False
) -> Pattern:
    """A numbering system of which one of so many random numbers of the form passes the check."""
    return Pattern(
        identifier=Identifier.NATIONAL_NUMBER,
        scheme=scheme,
        form=standing_alone(form),
        check=check,
        chance=1 / one_of,
        kind=EvidenceKind.CHECKSUM,
        telling=telling,
        digits=not telling,
        least_digits=least,
    )


NATIONAL = (
    Pattern(
        identifier=Identifier.SOCIAL_SECURITY,
        scheme="US SSN",
        form=standing_alone("(?!000|666|9)[0-9]{3}-(?!00)[0-9]{2}-(?!0000)[0-9]{4}"),
        least_digits=9,
        needs="-",
    ),
    Pattern(
        identifier=Identifier.NATIONAL_NUMBER,
        scheme="US ITIN",
        form=standing_alone("9[0-9]{2}-(?:5[0-9]|6[0-5]|7[0-9]|8[0-8]|9[0-24-9])-[0-9]{4}"),
        least_digits=9,
        needs="-",
    ),
    _number("AT VNR", f"[1-9][0-9]{{3}} ?{_DDMM}[0-9]{{2}}", vnr.is_valid, 10, least=10),
    _number("AU TFN", "[0-9]{3} ?[0-9]{3} ?[0-9]{2,3}", tfn.is_valid, 10, least=8),
    _number("BE NN", "[0-9]{2}[.]?(?:0[0-9]|1[0-2])[.]?[0-3][0-9]-?[0-9]{3}[.]?[0-9]{2}", _is_belgian, 40, least=11),
    _number("BG EGN", "[0-9]{10}", egn.is_valid, 10, least=10),
    _number("BR CPF", "[0-9]{3}[.]?[0-9]{3}[.]?[0-9]{3}-?[0-9]{2}", cpf.is_valid, 50, least=11),
    _number("CA SIN", "[1-79][0-9]{2}[ -]?[0-9]{3}[ -]?[0-9]{3}", sin.is_valid, 10, least=9),
    _number("CH AHV", "756[.]?[0-9]{4}[.]?[0-9]{4}[.]?[0-9]{2}", ahv.is_valid, 10, least=13),
    _number("CL RUT", "[0-9]{1,2}[.]?[0-9]{3}[.]?[0-9]{3}-?[0-9Kk]", rut.is_valid, 10, least=7),
    _number("CN RIC", f"[1-9][0-9]{{5}}(?:19|20)[0-9]{{2}}{_MMDD}[0-9]{{3}}[0-9Xx]", _is_chinese, 10, least=17),
    _number("CZ RC", "[0-9]{2}[0-35-8][0-9][0-3][0-9]/?[0-9]{4}", rc.is_valid, 10, least=10),
    _number("DE IdNr", "[1-9][0-9] ?[0-9]{3} ?[0-9]{3} ?[0-9]{3}", idnr.is_valid, 10, least=11),
    _number("EE IK", f"[1-8][0-9]{{2}}{_MMDD}[0-9]{{4}}", ik.is_valid, 10, least=11),
    _number("ES DNI", "[0-9]{8}-?[A-HJ-NP-TV-Z]", dni.is_valid, 20, least=8),
    _number("ES NIE", "[XYZ]-?[0-9]{7}-?[A-HJ-NP-TV-Z]", nie.is_valid, 20, least=7),
    _number(
        "FI HETU", f"{_DDMM}[0-9]{{2}}[-+A-FU-Y][0-9]{{3}}[0-9A-FHJ-NPR-Y]", hetu.is_valid, 25, least=9, telling=True
    ),
    _number(
        "FR NIR",
        r"[1-478] ?[0-9]{2} ?[0-9]{2} ?(?:[0-9]{2}|2[AB]) ?[0-9]{3} ?[0-9]{3} ?[0-9]{2}",
        nir.is_valid,
        90,
        least=13,
    ),
    _number("GB NHS", "[0-9]{3}[ -]?[0-9]{3}[ -]?[0-9]{4}", nhs.is_valid, 10, least=10),
    _number("HR OIB", "[0-9]{11}", oib.is_valid, 10, least=11),
    _number("IE PPS", "[0-9]{7}[A-W][ABHWTX]?", pps.is_valid, 20, least=7),
    _number("IL ID", "[0-9]{9}", teudat.is_valid, 10, least=9),
    _number("IN Aadhaar", "[2-9][0-9]{3} ?[0-9]{4} ?[0-9]{4}", aadhaar.is_valid, 10, least=12),
    _number(
        "IT CF",
        "[A-Z]{6}[0-9]{2}[A-EHLMPRST][0-9]{2}[A-Z][0-9]{3}[A-Z]",
        codicefiscale.is_valid,
        20,
        least=7,
        telling=True,
    ),
    _number(
        "MX CURP", f"[A-Z]{{4}}[0-9]{{2}}{_MMDD}[HMX][A-Z]{{5}}[0-9A-Z][0-9]", curp.is_valid, 10, least=7, telling=True
    ),
    _number("NL BSN", "[0-9]{4}[.]?[0-9]{2}[.]?[0-9]{3}", bsn.is_valid, 10, least=9),
    _number("NO FNR", f"{_DDMM}[0-9]{{2}} ?[0-9]{{5}}", _is_norwegian, 50, least=11),
    _number("PL PESEL", "[0-9]{11}", pesel.is_valid, 10, least=11),
    _number("PT NIF", "[1-35-9][0-9]{2} ?[0-9]{3} ?[0-9]{3}", nif.is_valid, 10, least=9),
    _number("RO CNP", f"[1-8][0-9]{{2}}{_MMDD}[0-9]{{6}}", cnp.is_valid, 10, least=13),
    _number("SE PNR", f"(?:19|20)?[0-9]{{2}}{_MMDD}[-+]?[0-9]{{4}}", _is_swedish, 10, least=10),
    _number("TR TCKN", "[1-9][0-9]{10}", tckimlik.is_valid, 50, least=11),
    _number("ZA ID", f"[0-9]{{2}}{_MMDD}[0-9]{{4}}[01][0-9]{{2}}", _is_south_african, 10, least=13),
)
"""Source: check digits after the national rules as python-stdnum states them.

The chance is never below the real share of random numbers of the form; a test draws numbers to see it. US numbers
have no check digit, so only the written form with dashes counts. The number of ES, IE and FI persons ends in a letter.
"""

COUNTRIES = tuple(sorted({pattern.scheme[:2] for pattern in NATIONAL}))
"""ISO 3166-1 alpha-2 codes of the countries whose numbers are known."""
