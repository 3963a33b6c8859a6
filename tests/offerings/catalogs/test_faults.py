"""One small file for each fault of a catalog: the sentence that is said, and the place it names."""

from decimal import Decimal
from pathlib import Path

import pytest

from offerings.catalogs.errors import CatalogError
from offerings.catalogs.reader import read_catalog

FAULTS = Path(__file__).resolve().parent / "faults"

# A file that is refused: the place, and the sentence.
REFUSED = {
    "billing-factor-a-text.yaml": (
        "billing.annual (line 5)",
        "Write what a month costs when paid so: a number above 0 and up to 1, such as 0.83.",
    ),
    "billing-unknown.yaml": (
        "billing.fortnightly (line 5)",
        "This billing period is not known. Known are month, monthly, quarter, quarterly, semester, "
        "half-year, semiannual, semiannually, half-yearly, annual, annually, yearly, year, biennial, "
        "biennially, triennial, triennially.",
    ),
    "currency-small-letters.yaml": ("currency (line 4)", "Write the currency as EUR."),
    "currency-unknown.yaml": ("currency (line 4)", "EUX is no currency of ISO 4217. Write a code such as EUR or USD."),
    "date-of-another-order.yaml": ("createdAt (line 3)", "This is no date. Write it as 2025-03-07."),
    "format-binary.yaml": ("byte 129", "This is a binary file. Choose the YAML file itself."),
    "format-blank.yaml": ("", "The file is empty."),
    "format-change-groups.yaml": (
        "",
        "This is a file of change groups, not a price catalog. Import it with manage.py import_change_groups.",
    ),
    "format-csv-semicolons.yaml": (
        "",
        "This is a table in CSV, not a price catalog. Write its content as YAML, in the form that "
        "manage.py export_catalog or export_change_groups writes.",
    ),
    "format-csv-tabs.yaml": (
        "",
        "This is a table in CSV, not a price catalog. Write its content as YAML, in the form that "
        "manage.py export_catalog or export_change_groups writes.",
    ),
    "format-csv.yaml": (
        "",
        "This is a table in CSV, not a price catalog. Write its content as YAML, in the form that "
        "manage.py export_catalog or export_change_groups writes.",
    ),
    "format-docx.yaml": ("", "This is a Word document, not a price catalog. Choose the YAML file itself."),
    "format-empty.yaml": ("", "The file is empty."),
    "format-git-lfs.yaml": (
        "",
        "This is a pointer of Git LFS, not a price catalog. Fetch the file that it stands for with git lfs pull.",
    ),
    "format-gzip.yaml": (
        "",
        "This is a compressed file, not a price catalog. Unpack it, and choose the YAML file itself.",
    ),
    "format-html.yaml": (
        "",
        "This is a page in HTML, not a price catalog. Choose the YAML file itself. A page of prices "
        "has to be written as a catalog first.",
    ),
    "format-json-chargebee.yaml": (
        "",
        "This is a file of Chargebee, not a price catalog. Write its content as YAML, in the form "
        "that manage.py export_catalog or export_change_groups writes.",
    ),
    "format-json-list.yaml": (
        "",
        "This is a file in JSON of another form, not a price catalog. Write its content as YAML, in "
        "the form that manage.py export_catalog or export_change_groups writes.",
    ),
    "format-json-paddle.yaml": (
        "",
        "This is a file of Paddle, not a price catalog. Write its content as YAML, in the form that "
        "manage.py export_catalog or export_change_groups writes.",
    ),
    "format-json-recurly.yaml": (
        "",
        "This is a file of Recurly, not a price catalog. Write its content as YAML, in the form that "
        "manage.py export_catalog or export_change_groups writes.",
    ),
    "format-json-stripe-product.yaml": (
        "",
        "This is a file of Stripe, not a price catalog. Write its content as YAML, in the form that "
        "manage.py export_catalog or export_change_groups writes.",
    ),
    "format-json-stripe.yaml": (
        "",
        "This is a file of Stripe, not a price catalog. Write its content as YAML, in the form that "
        "manage.py export_catalog or export_change_groups writes.",
    ),
    "format-json-unknown.yaml": (
        "line 1",
        "\"syntaxVersion\" is missing, so this is no Pricing2Yaml file. Add it, such as '2.1'.",
    ),
    "format-json-zuora.yaml": (
        "",
        "This is a file of Zuora, not a price catalog. Write its content as YAML, in the form that "
        "manage.py export_catalog or export_change_groups writes.",
    ),
    "format-latin-1.yaml": (
        "byte 35",
        "This is not text in UTF-8. Save the file as UTF-8. It may be in Windows-1252 or Latin-1 now.",
    ),
    "format-merge.yaml": (
        "",
        "This is a file with the marks of a merge, not a price catalog. Resolve the conflict first.",
    ),
    "format-openapi.yaml": (
        "",
        "This is a file of OpenAPI, not a price catalog. Write its content as YAML, in the form that "
        "manage.py export_catalog or export_change_groups writes.",
    ),
    "format-pdf.yaml": ("", "This is a PDF document, not a price catalog. Choose the YAML file itself."),
    "format-utf-16-big-endian.yaml": ("", "This is text in UTF-16, not in UTF-8. Save the file as UTF-8."),
    "format-utf-16-without-mark.yaml": ("", "This is text in UTF-16, not in UTF-8. Save the file as UTF-8."),
    "format-utf-16.yaml": ("", "This is text in UTF-16, not in UTF-8. Save the file as UTF-8."),
    "format-utf-32.yaml": ("", "This is text in UTF-32, not in UTF-8. Save the file as UTF-8."),
    "format-xlsx.yaml": ("", "This is an Excel workbook, not a price catalog. Choose the YAML file itself."),
    "format-xml-without-head.yaml": (
        "",
        "This is a file in XML, not a price catalog. Write its content as YAML, in the form that "
        "manage.py export_catalog or export_change_groups writes.",
    ),
    "format-xml.yaml": (
        "",
        "This is a file in XML, not a price catalog. Write its content as YAML, in the form that "
        "manage.py export_catalog or export_change_groups writes.",
    ),
    "format-zip.yaml": ("", "This is a zip archive, not a price catalog. Unpack it, and choose the YAML file itself."),
    "name-empty.yaml": ("plans. (line 7)", "The name is empty. Write one."),
    "name-invisible.yaml": (
        "plans.BA\u200bSIC (line 7)",
        "Leave out the invisible character U+200B, zero width space, after “BA”.",
    ),
    "price-comma-or-thousand.yaml": (
        "plans.BASIC.price (line 8)",
        "1,200 can be read in two ways. Write 1200 without separators, or 1.2.",
    ),
    "price-computed-below-zero.yaml": ("plans.BASIC.price (line 9)", "Write a price from 0 to below 1000000000."),
    "price-divides-by-zero.yaml": (
        "plans.BASIC.price (line 9)",
        "This price is an expression that cannot be computed: It divides by 0.",
    ),
    "price-dollars-in-euros.yaml": (
        "plans.BASIC.price (line 8)",
        "$20 is not in EUR, the currency of this catalog. Write the number in it.",
    ),
    "price-in-another-unit.yaml": (
        "plans.BASIC.unit (line 9)",
        "The unit is in USD, the catalog in EUR. Write one of them.",
    ),
    "price-negative.yaml": ("plans.BASIC.price (line 8)", "An amount is 0 or more."),
    "price-of-a-call.yaml": (
        "plans.BASIC.price (line 9)",
        "This price is an expression that cannot be computed: .__class__ is not read. Write numbers, "
        "#variables, + - * / and parentheses.",
    ),
    "price-of-a-flag.yaml": (
        "plans.BASIC.price (line 9)",
        "This price is an expression that cannot be computed: #base is true or false, and no number.",
    ),
    "price-of-an-unknown-variable.yaml": (
        "plans.BASIC.price (line 9)",
        "This price is an expression that cannot be computed: There is no variable #bse. The catalog defines #base.",
    ),
    "price-per-month.yaml": (
        "plans.BASIC.price (line 8)",
        "This is more than an amount. Write the number alone, such as 19.90.",
    ),
    "price-point-or-thousand.yaml": (
        "plans.BASIC.price (line 8)",
        "1.200 can be read in two ways. Write 1200 without separators, or 1.2.",
    ),
    "price-two-currencies.yaml": ("plans.BASIC.price (line 8)", "€20 USD names two currencies. Write one of them."),
    "price-unknown-currency.yaml": (
        "plans.BASIC.price (line 8)",
        "XYZ is no currency of ISO 4217. Write a code such as EUR or USD.",
    ),
    "value-with-separators.yaml": (
        "features.reports.defaultValue (line 5)",
        "1.000 can be read in two ways. Write 1000 without separators, or 1.",
    ),
    "variable-a-text.yaml": ("variables.base (line 5)", "This is text. Write a number."),
    "version-is-a-map.yaml": ("version (line 5)", "This is a map. Write text."),
}
# A file that is read: the warnings (place and sentence), and the monthly price of the first plan.
READ: dict[str, tuple[list[tuple[str, str]], str | None]] = {
    "constraint-wrong.yaml": (
        [
            (
                "addOns.MORE.subscriptionConstraints.minQuantity (line 13)",
                "This is no whole number of 1 or more, nor .inf; it is kept, without effect.",
            ),
            (
                "addOns.MORE.subscriptionConstraints.most (line 13)",
                "This name is not part of the format; it is kept, without effect.",
            ),
        ],
        "20",
    ),
    "date-long-ago.yaml": ([("createdAt (line 3)", "0225-01-31 is long ago. Check it.")], "20"),
    "date-of-the-end-unreadable.yaml": (
        [("ends (line 3)", "This is no date, such as 2025-03-07; it is kept, without effect.")],
        "20",
    ),
    "date-with-a-remark.yaml": ([("createdAt (line 3)", "Only the day 2025-01-31 is read here.")], "20"),
    "date-with-a-time.yaml": ([], "20"),
    "dates-in-the-wrong-order.yaml": (
        [("ends (line 4)", "The end lies before the start; both are kept, without effect.")],
        "20",
    ),
    "feature-expression-a-map.yaml": (
        [
            (
                "features.reports.expression (line 5)",
                "This is a map where the format has text; it is kept, without effect.",
            )
        ],
        "20",
    ),
    "feature-link-wrong.yaml": (
        [("features.reports.docUrl (line 5)", "This is no http or https address; it is kept as text.")],
        "20",
    ),
    "feature-tag-unknown.yaml": (
        [("features.reports.tag (line 5)", 'Extras is not among the "tags" of the catalog; the group is made of it.')],
        "20",
    ),
    "feature-type-unknown.yaml": (
        [
            (
                "features.reports.type (line 5)",
                "MAGIC is not known; it is kept as it is. Known are AUTOMATION, DOMAIN, GUARANTEE, "
                "INFORMATION, INTEGRATION, MANAGEMENT, PAYMENT, SUPPORT.",
            )
        ],
        "20",
    ),
    "format-utf-8-with-mark.yaml": ([], "20"),
    "name-of-a-plan-too-long.yaml": (
        [
            (
                "plans.PPPPPPPPPPPPPPPPPPPPPPPPPPPPPPPPPPPPPPPPPPPPPPPPPPP (line 7)",
                "The name is cut to 50 characters where people read it.",
            )
        ],
        "20",
    ),
    "name-too-long.yaml": ([("saasName (line 2)", "The name is cut to 50 characters where people read it.")], "20"),
    "name-with-blanks.yaml": ([("plans. BASIC  (line 7)", "The name has blanks around it.")], "20"),
    "price-computed.yaml": (
        [("plans.BASIC.price (line 9)", "The price (#base + 2) * #factor is computed; it is EUR 18.")],
        "18",
    ),
    "price-decimal-comma.yaml": (
        [("plans.BASIC.price (line 8)", "The price 19,90 is text; it is read as EUR 19.90.")],
        "19.90",
    ),
    "price-dollars.yaml": ([("plans.BASIC.price (line 8)", "The price $20 is text; it is read as USD 20.")], "20"),
    "price-euros-after.yaml": (
        [("plans.BASIC.price (line 8)", "The price 9,99 EUR is text; it is read as EUR 9.99.")],
        "9.99",
    ),
    "price-free.yaml": ([("plans.BASIC.price (line 8)", "Free is read as the price 0.")], "0"),
    "price-german.yaml": (
        [("plans.BASIC.price (line 8)", "The price 1.200,50 € is text; it is read as EUR 1200.50.")],
        "1200.50",
    ),
    "price-swiss.yaml": (
        [("plans.BASIC.price (line 8)", "The price 1'200.- is text; it is read as EUR 1200.")],
        "1200",
    ),
    "price-with-a-number.yaml": (
        [
            (
                "plans.BASIC.price (line 8)",
                "This price has a number and is more than an amount; it is taken as on request, in its words.",
            )
        ],
        None,
    ),
    "price-words-alone.yaml": ([], None),
    "semester.yaml": ([], "20"),
    "url-of-a-script.yaml": ([("url (line 5)", "This is no http or https address; it is kept as text.")], "20"),
    "url-without-a-host.yaml": ([("url (line 5)", "This is no http or https address; it is kept as text.")], "20"),
    "version-too-long.yaml": ([("version (line 5)", "This version has more than 50 characters.")], "20"),
}


def test_every_file_is_in_one_of_the_tables() -> None:
    assert sorted(path.name for path in FAULTS.iterdir()) == sorted([*REFUSED, *READ])


@pytest.mark.parametrize("name", REFUSED)
def test_a_fault_is_refused_with_its_place(name: str) -> None:
    with pytest.raises(CatalogError) as caught:
        read_catalog(FAULTS / name)
    assert (caught.value.place, caught.value.reason) == REFUSED[name]


@pytest.mark.parametrize("name", READ)
def test_an_oddity_is_read_with_a_warning_at_its_place(name: str) -> None:
    catalog = read_catalog(FAULTS / name)
    warnings, price = READ[name]
    assert [(each.place, each.text) for each in catalog.warnings] == warnings
    assert catalog.plans[0].price.amount == (None if price is None else Decimal(price))
