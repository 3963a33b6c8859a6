"""Currencies by ISO 4217, and the signs that people write for them. Pure.

Source: ISO 4217, list one (currencies and funds), as the package iso-codes 4.15 of Debian has it, with the later codes
XAD, XCG and ZWG; no package that is pinned here holds the list. ``WITHDRAWN`` are codes that left the list in 2022 or
later, because price lists of the years before name them.
"""

from decimal import Decimal

_LIST_ONE = """
    AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BHD BIF BMD BND BOB BOV BRL BSD BTN BWP BYN BZD CAD CDF CHE
    CHF CHW CLF CLP CNY COP COU CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GNF
    GTQ GYD HKD HNL HTG HUF IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW KWD KYD KZT LAK LBP LKR
    LRD LSL LYD MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MXV MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN
    PGK PHP PKR PLN PYG QAR RON RSD RUB RWF SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS
    TMT TND TOP TRY TTD TWD TZS UAH UGX USD USN UYI UYU UYW UZS VED VES VND VUV WST XAD XAF XAG XAU XBA XBB XBC
    XBD XCD XCG XDR XOF XPD XPF XPT XSU XTS XUA XXX YER ZAR ZMW ZWG
"""
CURRENCIES = frozenset(_LIST_ONE.split())
WITHDRAWN = frozenset(["ANG", "BGN", "CUC", "HRK", "SLL", "ZWL"])

# The currencies whose smallest part is not a hundredth, by the number of places.
PLACES = dict.fromkeys(
    [
        "BIF",
        "CLP",
        "DJF",
        "GNF",
        "ISK",
        "JPY",
        "KMF",
        "KRW",
        "PYG",
        "RWF",
        "UGX",
        "UYI",
        "VND",
        "VUV",
        "XAF",
        "XOF",
        "XPF",
    ],
    0,
)
PLACES |= dict.fromkeys(["BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"], 3) | dict.fromkeys(["CLF", "UYW"], 4)

_DOLLARS = "AUD BBD BMD BND BSD BZD CAD FJD GYD HKD JMD KYD LRD NAD NZD SBD SGD SRD TTD TWD USD XCD"
DOLLARS = frozenset(_DOLLARS.split())
PESOS = frozenset(["ARS", "CLP", "COP", "CUP", "DOP", "MXN", "UYU"])
# The signs of currencies, and the currencies that each can mean.
SIGNS = {
    "$": DOLLARS | PESOS,
    "US$": frozenset({"USD"}),
    "A$": frozenset({"AUD"}),
    "C$": frozenset({"CAD"}),
    "CA$": frozenset({"CAD"}),
    "HK$": frozenset({"HKD"}),
    "MX$": frozenset({"MXN"}),
    "NZ$": frozenset({"NZD"}),
    "S$": frozenset({"SGD"}),
    "R$": frozenset({"BRL"}),
    "€": frozenset({"EUR"}),
    "£": frozenset(["EGP", "FKP", "GBP", "GIP", "LBP", "SHP", "SSP", "SYP"]),
    "¥": frozenset({"CNY", "JPY"}),
    "￥": frozenset({"CNY", "JPY"}),
    "₹": frozenset({"INR"}),
    "₩": frozenset({"KPW", "KRW"}),
    "₽": frozenset({"RUB"}),
    "₺": frozenset({"TRY"}),
    "₴": frozenset({"UAH"}),
    "₪": frozenset({"ILS"}),
    "₫": frozenset({"VND"}),
    "฿": frozenset({"THB"}),
    "zł": frozenset({"PLN"}),
    "Kč": frozenset({"CZK"}),
    "Ft": frozenset({"HUF"}),
    "kr": frozenset(["DKK", "ISK", "NOK", "SEK"]),
}


def places_of(currency: str, *amounts: Decimal) -> int:
    """Return how many places amounts of a currency are shown with: those of ISO 4217, more where an amount needs them.

    A price for use is often a part of the smallest coin: ``0.0125``. It is never rounded away.
    """
    needed = [-int(amount.normalize().as_tuple().exponent) for amount in amounts]
    return max(PLACES.get(currency, 2), *needed, 0)


def is_currency(code: str) -> bool:
    """Tell whether a text is the code of a currency, in capitals."""
    return code in CURRENCIES or code in WITHDRAWN


def currency_problem(code: str) -> str | None:
    """Return a sentence about a text that is no code of a currency; ``None`` for a code."""
    if is_currency(code):
        return None
    if is_currency(code.strip().upper()):
        return f"Write the currency as {code.strip().upper()}."
    if len(code) == 3 and code.isascii() and code.isupper() and code.isalpha():
        return f"{code} is no currency of ISO 4217. Write a code such as EUR or USD."
    return "This is no currency code. Write three capital letters, such as EUR."
