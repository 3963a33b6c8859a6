"""The form of the import pages: a new file, or the one kept in the page, and how to read it."""

from io import BytesIO
from typing import Any, BinaryIO

from django import forms
from django.core.exceptions import ValidationError
from django.core.files import File
from django.template.defaultfilters import filesizeformat

from config.kept_files import KeptFile, unpack
from config.name_fields import TypedNameField
from entitlements.importing.cells import DAY_ORDERS, DayOrder
from entitlements.importing.encodings import ENCODINGS, UnreadableFile, find_encoding
from entitlements.importing.imports import Import
from entitlements.models.customers import REFERENCE_LENGTH
from entitlements.models.holdings import REASON_LENGTH

LARGEST_FILE = 2_000_000  # bytes
MOST_LINES = 5_000  # that a request looks at in seconds
LONGEST_NAME = 100


class ImportFileForm(forms.Form):
    """The file and how to read it. A valid form has ``kept_file``."""

    file = forms.FileField(
        allow_empty_file=True,
        error_messages={"required": "Choose a file."},
        help_text=f"CSV: commas, semicolons or tabs; {LARGEST_FILE // 1_000_000} MB and {MOST_LINES:,} lines at most.",
        widget=forms.FileInput(attrs={"accept": ".csv,.tsv,.txt,text/csv"}),
    )
    kept = forms.CharField(required=False, widget=forms.HiddenInput)
    encoding = forms.ChoiceField(required=False, choices=[("", "Found in the file"), *ENCODINGS.items()])
    dates = forms.ChoiceField(
        required=False, choices=[(each.value, text) for each, text in DAY_ORDERS.items()], label="Dates with slashes"
    )
    expected = forms.CharField(required=False, max_length=64, widget=forms.HiddenInput)

    def __init__(self, *args: Any, user_id: int, kind: type[Import], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user_id = user_id
        self.kind = kind
        is_kept = self.data.get("kept") or self.initial.get("kept")
        self.fields["file"].required = not is_kept
        self.fields["file"].label = "Another file" if is_kept else "File"
        self.kept_file: KeptFile | None = None

    @property
    def days(self) -> DayOrder:
        """Return which number of a date is the day."""
        return DayOrder(self.cleaned_data["dates"])

    def clean_file(self) -> File[bytes] | None:
        """Refuse a file that is too large before it is read."""
        file: File[bytes] | None = self.cleaned_data["file"]
        if file and (file.size or 0) > LARGEST_FILE:
            size, most = filesizeformat(file.size or 0), filesizeformat(LARGEST_FILE)
            raise ValidationError(
                f"This file has {size}; this page takes {most} at most. Import it with manage.py {self.kind.name}."
            )
        return file

    def clean(self) -> dict[str, Any]:
        """Read the text of the file."""
        cleaned = self.cleaned_data
        if "file" in self.errors or "encoding" in self.errors:
            return cleaned
        try:
            self.kept_file = self._read(cleaned["file"], cleaned["kept"])
        except (UnreadableFile, ValidationError) as error:
            self.add_error("file", str(error) if isinstance(error, UnreadableFile) else error)
        return cleaned

    def _read(self, file: File[bytes] | None, kept: str) -> KeptFile:
        if file is None and not kept:
            raise ValidationError("Choose a file.")
        if file is None:
            return unpack(kept, self.user_id)
        data = file.read()
        encoding = find_encoding(BytesIO(data), self.cleaned_data["encoding"])
        try:
            text = data.decode(encoding)
        except UnicodeError as error:
            raise ValidationError(f"This file is not in {encoding}. Choose another encoding.") from error
        return KeptFile.of((file.name or "upload.csv")[-LONGEST_NAME:], data, text=text)

    def opened(self) -> BinaryIO:
        """Return the text of the file as UTF-8 with its mark, so that its encoding is no question any more."""
        assert self.kept_file is not None  # noqa: S101 (the form is valid)
        return BytesIO(self.kept_file.text.encode("utf-8-sig"))

    def keep_file(self) -> None:
        """Keep the file in the form as it is shown again; a file that is too large becomes an error."""
        data: dict[str, Any] = {name: self.data.get(name) for name in self.data} | {"kept": ""}
        if self.kept_file is not None:
            try:
                data["kept"] = self.kept_file.keep(self.user_id, command=self.kind.name)
            except ValidationError as error:
                self.add_error("file", error)
        self.data = data
        self["file"].label = "Another file" if data["kept"] else "File"


class ImportEntitlementsForm(ImportFileForm):
    """The file, and what the log says of the act."""

    reason = forms.CharField(
        max_length=REASON_LENGTH,
        error_messages={"required": "Give a reason: it is kept in the log."},
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    reference = TypedNameField(
        required=False,
        max_length=REFERENCE_LENGTH,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        help_text="Key in another system.",
    )
