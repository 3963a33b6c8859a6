"""The form of the import page: a new file, or the one kept in the page, as the catalog of a product."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.files import File
from django.template.defaultfilters import filesizeformat
from django.utils.text import slugify

from config.folding import fold
from config.kept_files import KeptFile, unpack
from offerings.catalogs.errors import CatalogError
from offerings.catalogs.reader import DIALECTS, read_catalog_bytes
from offerings.catalogs.values import Catalog
from offerings.catalogs.yaml_source import LARGEST_FILE
from offerings.models import NAME_LENGTH, Product

NEW = "+"  # no product code has this character
COMMAND = "import_catalog"


class ImportForm(forms.Form):
    """The file and its product. A valid form has ``upload``, ``catalog`` and ``product_code``."""

    file = forms.FileField(
        allow_empty_file=True,
        error_messages={"required": "Choose a file."},
        help_text="YAML in Pricing2Yaml 1.0 to 3.0, 2 MB at most.",
        widget=forms.FileInput(attrs={"accept": ".yml,.yaml"}),
    )
    kept = forms.CharField(required=False, widget=forms.HiddenInput)
    product = forms.ChoiceField(required=False)
    code = forms.SlugField(
        required=False, max_length=NAME_LENGTH, label="Code of the new product", help_text="Empty: made of its name."
    )
    dialect = forms.ChoiceField(
        required=False, choices=[("", "As the file says"), *((version, version) for version in DIALECTS)]
    )
    into_existing = forms.BooleanField(required=False, label="Bring a product made by hand up to this file")
    confirmation = forms.CharField(required=False, label="Code of the product")
    expected = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, user_id: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user_id = user_id
        is_kept = self.data.get("kept") or self.initial.get("kept")
        self.fields["file"].required = not is_kept
        self.fields["file"].label = "Another price catalog" if is_kept else "Price catalog"
        self.upload: KeptFile | None = None
        self.catalog: Catalog | None = None
        self.product_code = ""
        products = [(product.code, f"{product.name} ({product.code})") for product in Product.objects.on_sale()]
        choices = [("", "Find it by the name in the file"), (NEW, "A new product"), *products]
        self.fields["product"].choices = choices  # type: ignore[attr-defined]

    def clean_file(self) -> File[bytes] | None:
        """Refuse a file that is too large before it is read."""
        file: File[bytes] | None = self.cleaned_data["file"]
        if file and (file.size or 0) > LARGEST_FILE:
            size, most = filesizeformat(file.size or 0), filesizeformat(LARGEST_FILE)
            raise ValidationError(f"This file has {size}; a price catalog has {most} at most. Choose another file.")
        return file

    def clean(self) -> dict[str, Any]:
        """Read the file as a catalog, and find the code of its product."""
        cleaned = self.cleaned_data
        if self.errors:
            return cleaned
        try:
            self.upload, data = self._read(cleaned["file"], cleaned["kept"])
            self.catalog = read_catalog_bytes(data, file=self.upload.name, dialect=cleaned["dialect"])
        except (CatalogError, ValidationError) as error:
            self.add_error("file", str(error) if isinstance(error, CatalogError) else error)
            return cleaned
        self.product_code = self._find_code(self.catalog, cleaned["product"], cleaned["code"])
        if cleaned["product"] == NEW and Product.objects.filter(code=self.product_code).exists():
            self.add_error(
                "code", f"A product has the code {self.product_code} already. Choose that product, or another code."
            )
        return cleaned

    def _read(self, file: File[bytes] | None, kept: str) -> tuple[KeptFile, bytes]:
        if file is None and not kept:
            raise ValidationError("Choose a file.")
        if file is None:
            upload = unpack(kept, self.user_id)
            return upload, upload.text.encode()
        data = file.read()
        return KeptFile.of((file.name or "upload.yml")[-100:], data, text=data.decode(errors="replace")), data

    def _find_code(self, catalog: Catalog, product: str, code: str) -> str:
        """Return the code of the chosen product, of the product the file names, or of a new product; one query."""
        if product and product != NEW:
            return product
        name = catalog.head.name
        known = Product.objects.on_sale().order_by("pk").values_list("code", "name", "catalog__name")
        found = next((code for code, *names in known if fold(name) in map(fold, filter(None, names))), "")
        return (found if product != NEW else "") or code or slugify(name)[:NAME_LENGTH].strip("-") or "product"

    def with_dry_run(self, *, expected: str) -> "ImportForm":
        """Return the form to show beside the dry run, with the file kept and every choice filled in."""
        assert self.upload is not None  # noqa: S101 (only a valid form is shown beside a dry run)
        assert self.catalog is not None  # noqa: S101
        is_new = not Product.objects.filter(code=self.product_code).exists()
        initial = {
            "kept": self.upload.keep(self.user_id, command=COMMAND),
            "product": NEW if is_new else self.product_code,
            "code": self.product_code if is_new else "",
            "dialect": self.catalog.head.syntax_version,
            "into_existing": self.cleaned_data["into_existing"],
            "expected": expected,
        }
        return ImportForm(initial=initial, user_id=self.user_id)
