"""Names as people mean them: one folded text for names that differ in case, accents, width or punctuation. Pure.

``fold`` is for searching and for "the same name", ``skeleton`` for names that only look the same, and
``hidden_at`` finds what nobody sees in a name.
"""

import unicodedata

# The classes of marks that people leave out: points of Hebrew and Arabic, and accents above, below and through letters.
# Marks that make another letter stay: vowels of India and Thailand, voicing of kana, nukta and virama.
ACCENTS = frozenset([*range(10, 37), *range(200, 241)])
# Letters with a stroke, and joined letters, which NFKD leaves whole. Source: CLDR, transform Latin-ASCII.
PLAIN_LETTERS = str.maketrans(
    {
        "æ": "ae",
        "ð": "d",
        "ø": "o",
        "þ": "th",
        "đ": "d",
        "ħ": "h",
        "ı": "i",
        "ĸ": "q",
        "ł": "l",
        "ŋ": "n",
        "œ": "oe",
        "ŧ": "t",
        "ƀ": "b",
        "ƒ": "f",
        "ƚ": "l",
        "ɨ": "i",
        "ʉ": "u",
    }
)
# Apostrophes and what is typed for them, signs of ownership, the stretching line of Arabic.
LEFT_OUT = dict.fromkeys(map(ord, "'`´’‘‚‛ʹʻʼʽʾʿˈ′‵՚׳ꞌ＇｀™®©℠ـ"))
WORDS = "&@#%"  # punctuation that is read as a word: C# is not C
# Drawn as nothing, although their categories are those of letters, marks and symbols. Source: the property
# Default_Ignorable_Code_Point of Unicode (DerivedCoreProperties.txt), and the empty pattern of Braille.
BLANKS = frozenset(
    chr(code)
    for first, last in (
        (0x34F, 0x34F),
        (0x115F, 0x1160),
        (0x17B4, 0x17B5),
        (0x180B, 0x180F),
        (0x2800, 0x2800),
        (0x3164, 0x3164),
        (0xFE00, 0xFE0F),
        (0xFFA0, 0xFFA0),
        (0xE0100, 0xE01EF),
    )
    for code in range(first, last + 1)
)
HIDDEN = frozenset(["Cc", "Cf", "Cs", "Co", "Zl", "Zp"])
NON_JOINER, JOINER = "\u200c", "\u200d"
VIRAMA = 9
# Letters and digits drawn like a letter of Latin, in the case in which they are. Source: confusables.txt of Unicode
# (UTS #39): the alphabets of Cyrillic and Greek, and ASCII itself.
LOOK_ALIKES = str.maketrans(
    "АВЕЗКМНОРСТУХЅІЈҮԚԜЬӀабсеопрухѕіјһԁԛԝѵӏкг" + "ΑΒΕΖΗΙΚΜΝΟΡΤΥΧαγικνορυ" + "01I|l",
    "ABE3KMHOPCTYXSǀJYQWbǀa6ceonpyxsijhdqwvǀkr" + "ABEZHǀKMNOPTYXayikvopu" + "Oǀǀǀǀ",
)


def fold(text: str) -> str:
    """Return the text that all spellings of a name share; folding twice changes nothing more.

    Case, accents, width and ligatures go: ``Ångström`` and ``ANGSTROM`` are ``angstrom``, ``Straße`` is ``strasse``,
    ``Łódź`` is ``lodz``, ``Ёлка`` is ``елка``. Apostrophes go without a trace, so that ``O'Brien``, ``O’Brien`` and
    ``OBrien`` are ``obrien``. All other punctuation and every run of blanks is one blank, so that ``SO-48213`` is
    ``so 48213`` and ``1.5`` never becomes ``15``; ``& @ # %`` are words of their own, and symbols stay: ``C``, ``C#``
    and ``C++`` differ. A text of punctuation alone stays as it is. Invisible characters go.
    """
    plain = _parted(text).casefold().translate(PLAIN_LETTERS)
    folded = "".join(_folded(each) for each in _parted(plain))
    words = unicodedata.normalize("NFC", " ".join(folded.split()))
    return words or _of_signs(text)


def skeleton(text: str) -> str:
    """Return the text that names share which look the same as written, such as ``P1O`` and ``Pl0``.

    Case counts until look-alikes are replaced: a capital I looks like a small l, a small i and a capital L do not. The
    upright stroke that they share has no case, so that it stays apart from both.
    """
    return fold(_parted(text).translate(LOOK_ALIKES))


def capitals(text: str) -> str:
    """Return a typed code in the form of codes: capitals and hyphens, whatever width, case and dash were typed."""
    plain = unicodedata.normalize("NFKC", text).upper()
    marked = ("-" if unicodedata.category(each) == "Pd" else each for each in plain)
    return "".join(each for each in marked if each.isprintable() and not each.isspace())


def hidden_at(text: str) -> int | None:
    """Return the position of the first character that is invisible, controls, or changes the direction of writing.

    Joiners stay where writing needs them: after a virama (Hindi, Bengali, ...), and the non-joiner between two letters
    of Arabic script (Persian). Source: RFC 5892, appendices A.1 and A.2; emoji are no names.
    """
    for position, each in enumerate(text):
        is_hidden = each in BLANKS or unicodedata.category(each) in HIDDEN
        if is_hidden and not _joins(text, position):
            return position
    return None


def _parted(text: str) -> str:
    """Return a text in compatible letters, without accents, apostrophes and letters drawn as nothing."""
    parted = unicodedata.normalize("NFKD", text.translate(LEFT_OUT))
    kept = (each for each in parted if unicodedata.combining(each) not in ACCENTS and each not in BLANKS)
    return "".join(kept).translate(LEFT_OUT)


def _folded(each: str) -> str:
    category = unicodedata.category(each)
    if category == "Nd":
        return str(unicodedata.decimal(each))
    if each in WORDS:
        return f" {each} "
    if category in ("Cf", "Cs", "Co"):
        return ""
    return " " if category[0] in "PZ" or category in ("Cc", "Sk") or each == "\u2044" else each


def _of_signs(text: str) -> str:
    """Return the visible signs of a text without letters and digits."""
    parted = unicodedata.normalize("NFKD", text)
    shown = (each for each in parted if each.isprintable() and each not in BLANKS)
    signs = "".join(each for each in shown if not unicodedata.category(each).startswith("M"))
    return unicodedata.normalize("NFC", signs.casefold()).strip()


def _joins(text: str, position: int) -> bool:
    before, after = text[:position][-1:], text[position + 1 :][:1]
    if text[position] not in (NON_JOINER, JOINER) or not before or not after:
        return False
    if unicodedata.combining(before) == VIRAMA:
        return after.isalpha()
    is_arabic = unicodedata.bidirectional(before) == unicodedata.bidirectional(after) == "AL"
    return text[position] == NON_JOINER and is_arabic
