"""Label -> scoring category.

Detectors name the same thing differently; scoring happens on these categories. A label that
stands in none is neither gold nor a false positive. Labelled texts with labels of their own bring
a `categories.py` with a `CATEGORY` along (see `read_beside`).
"""
import os
import runpy

_LABELS = {
    "PERSON": "PERSON GIVEN_NAME SURNAME",
    "EMAIL": "EMAIL_ADDRESS EMAIL",
    "PHONE": "PHONE_NUMBER",
    "ADDRESS": "STREET_ADDRESS STREET_NAME BUILDING_NUMBER SECONDARY_ADDRESS",
    "LOCATION": "LOCATION POSTAL_CODE GEO_COORDINATES CITY STATE ZIP_CODE",
    "DATE": "DATE_TIME",
    "DOB": "DATE_OF_BIRTH",
    "URL": "URL",
    "IP": "IP_ADDRESS",
    "MAC": "MAC_ADDRESS",
    "SSN": "US_SSN SSN",
    "NATIONAL_ID": "NATIONAL_ID TAX_ID US_ITIN UK_NHS UK_NINO ES_NIF IT_FISCAL_CODE PL_PESEL IN_AADHAAR GOVERNMENT_ID",
    "MEDICAL_ID": "MEDICAL_RECORD_NUMBER HEALTH_PLAN_ID US_NPI US_MBI DEA_NUMBER MEDICAL_LICENSE",
    "CREDIT_CARD": "CREDIT_CARD CREDIT_CARD_NUMBER",
    "IBAN": "IBAN_CODE",
    "BANK_ACCOUNT": "BANK_ACCOUNT ABA_ROUTING_NUMBER SWIFT_CODE US_BANK_NUMBER ROUTING_NUMBER",
    "PASSPORT": "PASSPORT US_PASSPORT",
    "DRIVER_LICENSE": "DRIVER_LICENSE US_DRIVER_LICENSE DRIVERS_LICENSE",
    "VEHICLE": "LICENSE_PLATE VIN",
    "USERNAME": "USERNAME",
    "SECRET": "PASSWORD API_KEY ACCESS_TOKEN PRIVATE_KEY",
    "CRYPTO": "CRYPTO",
    "REF_ID": "EMPLOYEE_ID CASE_NUMBER IMEI DEVICE_ID",
    "ORG": "ORGANIZATION",
    "AGE": "AGE",
    "NRP": "NRP",
}

CATEGORY = {label: category for category, labels in _LABELS.items() for label in labels.split()}

# What no detector with default settings may let through.
CORE = frozenset("PERSON EMAIL PHONE ADDRESS URL IP SSN NATIONAL_ID CREDIT_CARD IBAN BANK_ACCOUNT PASSPORT DRIVER_LICENSE".split())
# What Cordon's default policy looks for as well.
FURTHER = frozenset("DOB MEDICAL_ID VEHICLE USERNAME SECRET CRYPTO MAC REF_ID".split())
# What has a form of its own that a pattern can know.
STRUCTURED = frozenset("EMAIL PHONE SSN CREDIT_CARD IBAN IP URL NATIONAL_ID".split())

_ALIKE = ({"ADDRESS", "LOCATION"}, {"DATE", "DOB"}, {"NATIONAL_ID", "SSN"})


def same_type(one, other):
    return one == other or any({one, other} <= pair for pair in _ALIKE)


def read_beside(folder):
    """The categories of a folder's own labels, from the `categories.py` in it or above it, with ours for the rest."""
    for place in (folder, os.path.dirname(os.path.abspath(folder))) if folder else ():
        path = os.path.join(place, "categories.py")
        if os.path.exists(path):
            return {**CATEGORY, **runpy.run_path(path)["CATEGORY"]}
    return CATEGORY
