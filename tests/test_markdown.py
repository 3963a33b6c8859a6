"""Markdown as safe HTML: what is markup, what stays text, and where links may lead."""

import re
from html.parser import HTMLParser
from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.markdown import SCHEMES, NoteMarkdown, render_markdown

TAGS = {"p", "br", "strong", "em", "code", "pre", "blockquote", "ul", "ol", "li", "a"}
ATTRIBUTES = {"a": {"href", "title", "rel"}, "code": {"class"}, "ol": {"start"}}
PIECES = [
    "<script>",
    "</p>",
    "<img src=x onerror=alert(1)>",
    '" onmouseover="x',
    "javascript:alert(1)",
    "[a](",
    "](",
    ")",
    "<",
    ">",
    "&#106;",
    "&lt;",
    "data:text/html,",
    "![",
    "https://a.example/",
    "mailto:",
    "vbscript:",
    "\n",
    "    ",
    "```",
    "`",
    "> ",
    "- ",
    "1. ",
    "# ",
    "**",
    "_",
    "\\",
    "\t",
    "\u0000",
    "[x]: javascript:alert(1)\n",
    "| a |\n|---|\n",
]


class Reader(HTMLParser):
    """Collects every tag with its attributes, as a browser would read them."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


def tags(text: str) -> list[tuple[str, dict[str, str | None]]]:
    reader = Reader()
    reader.feed(render_markdown(text))
    return reader.found


@given(st.lists(st.one_of(st.sampled_from(PIECES), st.text(max_size=20)), max_size=30).map("".join))
def test_nothing_but_the_subset_is_ever_markup(text: str) -> None:
    for tag, attributes in tags(text):
        assert tag in TAGS
        assert set(attributes) <= ATTRIBUTES.get(tag, set())
        if tag == "a":
            assert urlsplit(attributes["href"] or "").scheme in SCHEMES
            assert attributes["rel"] == "nofollow noopener"


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("**strong** and *soft*", "<p><strong>strong</strong> and <em>soft</em></p>"),
        ("one\ntwo", "<p>one<br>\ntwo</p>"),
        ("`code`", "<p><code>code</code></p>"),
        (
            "[a]() and [b](https://example.com)",
            '<p>a and <a href="https://example.com" rel="nofollow noopener">b</a></p>',
        ),
        ("- a\n- b", "<ul>\n<li>a</li>\n<li>b</li>\n</ul>"),
        ("3. a", '<ol start="3">\n<li>a</li>\n</ol>'),
        ("> said", "<blockquote>\n<p>said</p>\n</blockquote>"),
        ("```\n<b>\n```", "<pre><code>&lt;b&gt;\n</code></pre>"),
        (
            "[offer](https://a.example/?a=1&b=2)",
            '<p><a href="https://a.example/?a=1&amp;b=2" rel="nofollow noopener">offer</a></p>',
        ),
        ("<me@a.example>", '<p><a href="mailto:me@a.example" rel="nofollow noopener">me@a.example</a></p>'),
    ],
)
def test_the_subset_is_read(text: str, html: str) -> None:
    assert render_markdown(text).strip() == html


@pytest.mark.parametrize(
    "address",
    [
        "javascript:alert(1)",
        "JaVaScRiPt:alert(1)",
        "&#106;avascript:alert(1)",
        "java%0ascript:alert(1)",
        "data:text/html;base64,PHNjcmlwdD4=",
        "vbscript:x",
        "file:///etc/passwd",
        "ftp://a.example",
        "//a.example",
        "/admin/logout/",
        "http",
    ],
)
def test_a_link_to_anywhere_else_stays_text(address: str) -> None:
    assert [tag for tag, _attributes in tags(f"[a]({address}) <{address}>")] == ["p"]


@pytest.mark.parametrize(
    "text", ["<script>alert(1)</script>", "<b>bold</b>", "<!-- x -->", "<a href=x>", "<svg/onload=x>"]
)
def test_html_is_shown_as_text(text: str) -> None:
    assert [tag for tag, _attributes in tags(text)] == ["p"]
    assert "&lt;" in render_markdown(text)


@pytest.mark.parametrize("text", ["# Heading", "Heading\n===", "---", "| a | b |\n|---|---|\n| 1 | 2 |"])
def test_headings_lines_and_tables_stay_text(text: str) -> None:
    assert {tag for tag, _attributes in tags(text)} <= {"p", "br"}


def test_an_image_is_a_link_at_most() -> None:
    assert [tag for tag, _attributes in tags("![x](https://a.example/x.png)")] == ["p", "a"]


@pytest.mark.parametrize("depth", [1, 5, 17, 18, 19, 20, 21, 400])
@pytest.mark.parametrize("mark", ["> ", "- "])
def test_no_text_is_lost_however_deep_it_is_nested(mark: str, depth: int) -> None:
    assert "bottom" in re.sub(r"<[^>]+>", "", render_markdown(mark * depth + "bottom <b>"))
    assert "<b>" not in render_markdown(mark * depth + "bottom <b>")


def test_an_address_that_cannot_be_read_is_no_link() -> None:
    assert not NoteMarkdown().validateLink("https://[")
