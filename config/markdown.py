"""A subset of Markdown as safe HTML, for notes that staff write for other staff.

Paragraphs, line breaks, emphasis, code, quotes, lists and links. HTML is shown as text; headings would tear the outline
of their page, and images would let a note call another server: both stay text.
"""

from collections.abc import MutableMapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from django.utils.html import linebreaks
from django.utils.safestring import SafeString
from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from markdown_it.utils import OptionsDict

SCHEMES = ("http", "https", "mailto")
ENABLED_RULES = (
    "autolink",
    "backticks",
    "blockquote",
    "code",
    "emphasis",
    "entity",
    "escape",
    "fence",
    "link",
    "list",
    "newline",
)


class NoteMarkdown(MarkdownIt):
    """Markdown-It with the rules in ``ENABLED_RULES`` alone."""

    def __init__(self) -> None:
        super().__init__("zero", {"html": False, "breaks": True, "linkify": False})
        self.enable(list(ENABLED_RULES))
        self.add_render_rule("link_open", _link)

    def validateLink(self, url: str) -> bool:  # noqa: N802 (the library's own name)
        """Tell whether a link may lead to ``url``: only the web and mail addresses are allowed."""
        try:
            return urlsplit(url.strip()).scheme.lower() in SCHEMES
        except ValueError:
            return False


def _link(
    renderer: RendererHTML, tokens: Sequence[Token], index: int, options: OptionsDict, _env: MutableMapping[str, Any]
) -> str:
    tokens[index].attrSet("rel", "nofollow noopener")
    return renderer.renderToken(tokens, index, options, _env)


_markdown = NoteMarkdown()


def render_markdown(text: str) -> SafeString:
    """Return Markdown as safe HTML, in which nothing but the subset is markup.

    The renderer drops text that is nested too deeply; such Markdown is shown as typed.
    """
    tokens = _markdown.parse(text)
    if max((token.level for token in tokens), default=0) >= _markdown.options["maxNesting"] - 1:
        return SafeString(linebreaks(text, autoescape=True))
    for token in tokens:
        token.children = _without_empty_links(token.children) if token.children else token.children
    return SafeString(_markdown.renderer.render(tokens, _markdown.options, {}))  # escapes everything else


def _without_empty_links(tokens: Sequence[Token]) -> list[Token]:
    """Return the tokens of a line without links to an empty address. Links are never nested."""
    kept: list[Token] = []
    is_empty = False
    for token in tokens:
        if token.type == "link_open":
            is_empty = not token.attrs.get("href")
        if not (is_empty and token.type in ("link_open", "link_close")):
            kept.append(token)
    return kept
