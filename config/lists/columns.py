"""What a list consists of: its columns, and the orders that an index, or a small table, makes cheap."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.urls import reverse


@dataclass(frozen=True, slots=True)
class ColumnSort:
    """The two orders of a column, in words. ``by(is_descending=...)`` makes what the list is sorted by.

    The first click on a heading sorts downwards where ``starts_descending``.
    """

    by: Callable[..., Any]
    ascending: str
    descending: str
    starts_descending: bool = False


@dataclass(frozen=True, slots=True)
class Column:
    """One column. A fixed one names the row and is always shown; the default ones are shown to a person who chose none.

    ``kind`` is the class of its cells: ``num`` for numbers and days, or a class of the list's own.
    """

    key: str
    label: str
    sort: ColumnSort | None = None
    is_default: bool = True
    is_fixed: bool = False
    kind: str = ""


def by_columns(*columns: str) -> Callable[..., tuple[str, ...]]:
    """Return what sorts a small table by some columns, as ``order_by`` takes them; a dash reverses one."""

    def by(*, is_descending: bool) -> tuple[str, ...]:
        turned = tuple(column[1:] if column.startswith("-") else f"-{column}" for column in columns)
        return turned if is_descending else columns

    return by


@dataclass(frozen=True, slots=True)
class ListTable:
    """One list. ``name`` keeps its columns in the profile and its saved views; ``url_name`` is the name of its page.

    ``default_sort`` is the key of a column, with a dash in front for the descending order.
    """

    name: str
    title: str
    url_name: str
    permission: str
    default_sort: str
    columns: tuple[Column, ...]

    @property
    def url(self) -> str:
        """Return the address of the list."""
        return reverse(self.url_name)

    @property
    def default_columns(self) -> tuple[str, ...]:
        """Return the keys of the columns of a person who chose none."""
        return tuple(column.key for column in self.columns if column.is_default or column.is_fixed)

    @property
    def sorts(self) -> dict[str, str]:
        """Return the words of each order by its name in an address, such as ``-seats``."""
        words = {}
        for column in self.columns:
            if column.sort:
                words[column.key], words[f"-{column.key}"] = column.sort.ascending, column.sort.descending
        return words

    def known(self, keys: Any) -> tuple[str, ...]:
        """Return the columns among ``keys`` in the order of the list, the fixed ones too; all else is left out."""
        wanted = set(filter(lambda key: isinstance(key, str), keys)) if isinstance(keys, list | tuple) else set()
        return tuple(column.key for column in self.columns if column.is_fixed or column.key in wanted)

    def sorting(self, sort: str) -> Any:
        """Return what the list is sorted by, for the name of an order."""
        key = sort.removeprefix("-")
        column = next(each for each in self.columns if each.key == key)
        assert column.sort  # noqa: S101 (the field of the address knows no other)
        return column.sort.by(is_descending=sort.startswith("-"))

    def page_url(self, page: str, *arguments: object) -> str:
        """Return the address of a page about the list: one of those that ``config.lists.pages`` makes."""
        space, _colon, _name = self.url_name.rpartition(":")
        return reverse(":".join(filter(None, (space, f"{self.name}_{page}"))), args=arguments)
