"""Reading a price catalog file of any known dialect."""

import hashlib
import re
from pathlib import Path

from offerings.catalogs import (
    pricing2yaml,
    pricing2yaml_10,
    pricing2yaml_11,
    pricing2yaml_20,
    pricing2yaml_21,
    pricing2yaml_30,
)
from offerings.catalogs.errors import CatalogError
from offerings.catalogs.fields import as_map, as_text, plain
from offerings.catalogs.other_formats import known_document
from offerings.catalogs.values import Catalog
from offerings.catalogs.yaml_source import Node, load, read_bytes

# Each dialect is a module that turns a file into the same values.
DIALECTS = {
    module.DIALECT.syntax_version: module.DIALECT
    for module in (pricing2yaml_10, pricing2yaml_11, pricing2yaml_20, pricing2yaml_21, pricing2yaml_30)
}
OLD_VERSION = re.compile(r"[12]\.\d")


def read_catalog(path: Path, *, dialect: str = "") -> Catalog:
    """Return the catalog in a file; raise ``CatalogError`` with file, place and reason. Writes nothing."""
    return read_catalog_bytes(read_bytes(path), file=str(path), dialect=dialect)


def read_catalog_bytes(data: bytes, *, file: str, dialect: str = "") -> Catalog:
    """Return the catalog in ``data``, the content of ``file``; raise ``CatalogError`` with place and reason.

    ``dialect`` is the syntax version of the content; empty: the version that the file names.
    """
    root = load(data, file=file)
    version = dialect or syntax_version(root)
    if version not in DIALECTS:
        reason = (
            f"Pricing2Yaml {version} cannot be imported. Known are {', '.join(DIALECTS)}: choose one to read it by."
        )
        raise CatalogError(file, "syntaxVersion", reason)
    return pricing2yaml.read(root, dialect=DIALECTS[version], sha256=hashlib.sha256(data).hexdigest())


def syntax_version(root: Node) -> str:
    """Return the dialect of a file; raise ``CatalogError`` where the file names none.

    Before 2.1, ``version`` was the dialect; from 2.1 on it is the version of the catalog. A file of 1.0 may name no
    dialect, but has ``day`` and ``year``.
    """
    entries = as_map(root)
    if node := entries.get("syntaxVersion"):
        return as_text(node).strip()[:20]
    node = entries.get("version")
    if node and OLD_VERSION.fullmatch(node.raw.strip()):
        return node.raw.strip()
    if "day" in entries and "year" in entries:
        return "1.0"
    if other := known_document(plain(root)):
        raise CatalogError(root.file, "", f"This is {other.noun}, not a price catalog. {other.advice}")
    raise root.error("\"syntaxVersion\" is missing, so this is no Pricing2Yaml file. Add it, such as '2.1'.")
