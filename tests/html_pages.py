"""What a page has in it, read as a browser reads it: forms with their fields, parameters of links, and scripts."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import parse_qsl, urlsplit


@dataclass
class Input:
    """One field of a form: its name and type, and what a browser would send of it untouched."""

    name: str
    kind: str
    value: str = ""
    is_sent: bool = True
    choices: list[str] = field(default_factory=list)
    attributes: dict[str, str] = field(default_factory=dict)


@dataclass
class PageForm:
    """One form of a page. ``buttons`` are the submit buttons, by name."""

    method: str
    action: str
    identity: str = ""
    inputs: list[Input] = field(default_factory=list)
    buttons: list[Input] = field(default_factory=list)

    @property
    def names(self) -> set[str]:
        return {each.name for each in self.inputs}

    def sent(self) -> dict[str, list[str]]:
        """Return what a browser would send untouched, without the button."""
        data: dict[str, list[str]] = {}
        for each in self.inputs:
            if each.is_sent:
                data.setdefault(each.name, []).append(each.value)
        return data


class Page(HTMLParser):
    """The forms, the parameters of links and the dangerous parts of one HTML text."""

    def __init__(self, html: str, *, address: str = "") -> None:
        super().__init__(convert_charrefs=True)
        self.address = address
        self.forms: list[PageForm] = []
        self.loose = PageForm("", "")
        self.parameters: set[str] = set()
        self.handlers: list[str] = []
        self.images: list[str] = []
        self._form: PageForm | None = None
        self._filling: Input | None = None
        self.feed(html)
        self.close()
        self._adopt_outer_fields()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self.handlers += [f"<{tag} {name}={value!r}>" for name, value in given.items() if name.startswith("on")]
        if tag == "img":
            self.images.append(given.get("src", ""))
        for name in ("href", "hx-get", "hx-post", "action"):
            self.parameters |= {key for key, _value in parse_qsl(urlsplit(given.get(name, "")).query, True)}
        if tag == "form":
            self._form = PageForm(given.get("method", "get").lower(), given.get("action", ""), given.get("id", ""))
            self.forms.append(self._form)
        if tag in ("input", "select", "textarea", "button"):
            self._field(tag, given)
        if tag == "option" and self._filling is not None:
            self._filling.choices.append(given.get("value", ""))
            if "selected" in given or len(self._filling.choices) == 1:
                self._filling.value = given.get("value", "")

    def _field(self, tag: str, given: dict[str, str]) -> None:
        kind = given.get("type", "submit" if tag == "button" else "text") if tag in ("input", "button") else tag
        found = Input(given.get("name", ""), kind, given.get("value", "on" if kind == "checkbox" else ""))
        found.attributes = given
        found.is_sent = not (kind in ("checkbox", "radio") and "checked" not in given)
        if tag in ("select", "textarea"):
            self._filling = found
        if not found.name or "disabled" in given:
            return
        form = self._form or self.loose
        if kind in ("submit", "button", "image"):
            form.buttons.append(found)
        elif kind != "file":
            form.inputs.append(found)

    def handle_data(self, data: str) -> None:
        if self._filling is not None and self._filling.kind == "textarea":
            self._filling.value += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._form = None
        if tag in ("select", "textarea"):
            if self._filling is not None and tag == "textarea":
                self._filling.value = self._filling.value.removeprefix("\n")  # a browser drops the first line end
            self._filling = None

    def _adopt_outer_fields(self) -> None:
        """Give fields outside of a form, which name it in ``form``, to that form."""
        for each in [*self.loose.inputs, *self.loose.buttons]:
            for form in self.forms:
                if form.identity and each.attributes.get("form") == form.identity:
                    (form.buttons if each.kind in ("submit", "button") else form.inputs).append(each)

    def posting(self) -> Iterator[PageForm]:
        """Yield the forms that are posted."""
        return (form for form in self.forms if form.method == "post")

    def field_names(self) -> set[str]:
        """Return every name that the page could send."""
        return {name for form in [*self.forms, self.loose] for name in form.names} | self.parameters
