"""What the name of a column says of the identifiers in it."""

from __future__ import annotations

from functools import cache
from types import MappingProxyType

from hauberk.data.names import is_sensitive_name, speaks_of
from hauberk.verify.personal.identifier import Identifier

__all__ = ["named_identifiers"]


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_SPOKEN = MappingProxyType(
    {
        Identifier.PERSON_NAME: _words(
            "firstname forename givenname middlename lastname familyname surname fullname maidenname nickname "
            "patientname customername personname employeename membername studentname username clientname "
            "applicantname accountholder nachname vorname prenom apellido"
        ),
        Identifier.GEOGRAPHY: _words(
            "address addr street city town village county precinct district neighbourhood neighborhood borough "
            "latitude longitude lat lon lng geocode coordinates geolocation censustract blockgroup puma"
        ),
        Identifier.POSTAL_CODE: _words("zip zipcode postcode postalcode postal plz zip5 zip3 zip4"),
        Identifier.DATE: _words(
            "date datetime timestamp dob birthdate birthday dateofbirth dateofdeath deathdate admissiondate "
            "dischargedate visitdate"
        ),
        Identifier.AGE_OVER_89: _words("age ages agep ageyears"),
        Identifier.TELEPHONE: _words("phone telephone phonenumber mobile mobilephone cellphone tel msisdn"),
        Identifier.FAX: _words("fax telefax faxnumber"),
        Identifier.EMAIL: _words("email mail emailaddress"),
        Identifier.SOCIAL_SECURITY: _words("ssn socialsecurity socialsecuritynumber"),
        Identifier.MEDICAL_RECORD: _words(
            "mrn medicalrecord medicalrecordnumber patient encounter admissionid visitid chartnumber caseid"
        ),
        Identifier.HEALTH_PLAN: _words(
            "healthplan beneficiary beneficiaryid memberid subscriberid insuranceid medicare medicaid policynumber"
        ),
        Identifier.ACCOUNT: _words(
            "account acct accountnumber accountid iban cardnumber customer customerid clientid userid personid "
            "employeeid applicantid"
        ),
        Identifier.LICENCE: _words(
            "driverlicence driverlicense driverslicense driverslicence licencenumber licensenumber licenceid licenseid "
            "passport passportnumber certificatenumber"
        ),
        Identifier.VEHICLE: _words("vin licenseplate licenceplate numberplate registrationplate vehicleid plate"),
        Identifier.DEVICE: _words("deviceid deviceserial serialnumber serialno imei imsi udid imeinumber"),
        Identifier.MAC_ADDRESS: _words("macaddress macaddr"),
        Identifier.URL: _words("url homepage website weburl"),
        Identifier.IP_ADDRESS: _words("ipaddress ipaddr ipv4 ipv6 clientip remoteip sourceip"),
        Identifier.BIOMETRIC: _words(
            "biometric biometrics fingerprint fingerprints voiceprint retina irisscan faceprint"
        ),
        Identifier.PHOTO: _words("photo photograph photos portrait faceimage"),
        Identifier.NATIONAL_NUMBER: _words(
            "nationalid nationalidnumber taxid taxnumber nhsnumber bsn pesel aadhaar cpf personnummer codicefiscale"
        ),
        Identifier.UNIQUE_CODE: _words("id uuid guid identifier nbr rowid"),
        Identifier.HEALTH: _words(
            "diag diagnosis diagnoses icd icd9 icd10 disease medication medications prescription symptom symptoms hiv "
            "diabetes cancer tumor tumour comorbidity comorbidities a1cresult hba1c"
        ),
    }
)
_WHOLE = MappingProxyType(
    {
        "name": Identifier.PERSON_NAME,
        "names": Identifier.PERSON_NAME,
        "month": Identifier.DATE,
        "day": Identifier.DATE,
        "ip": Identifier.IP_ADDRESS,
        "mac": Identifier.MAC_ADDRESS,
    }
)
"""Words that are evidence only when they are the whole name: `product_name` names no person."""


@cache
def named_identifiers(name: str) -> frozenset[Identifier]:
    """The classes that a name speaks of.

    >>> [sorted(each.name for each in named_identifiers(name)) for name in ("patient_nbr", "product_name", "diag_1")]
    [['MEDICAL_RECORD', 'UNIQUE_CODE'], [], ['HEALTH']]

    Source: the words of 45 CFR §164.514(b)(2)(i) and GDPR Art. 4 and 9, as databases spell them.
    """
    found = {identifier for identifier, words in _SPOKEN.items() if speaks_of(name, words)}
    if name.strip().lower() in _WHOLE:
        found.add(_WHOLE[name.strip().lower()])
    if is_sensitive_name(name) and Identifier.HEALTH not in found:
        found.add(Identifier.SPECIAL_CATEGORY)
    return frozenset(found)
