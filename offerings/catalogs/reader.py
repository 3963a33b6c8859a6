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
from offerings.catalogs.fields import as_map, as_text
from offerings.catalogs.values import Catalog
from offerings.catalogs.yaml_source import Node, load, read_bytes

# One module per dialect; each says how the file is turned into the same values.
DIALECTS = {
    module.DIALECT.syntax_version: module.DIALECT
    for module in (pricing2yaml_10, pricing2yaml_11, pricing2yaml_20, pricing2yaml_21, pricing2yaml_30)
}
OLD_VERSION = re.compile(r"[12]\.\d")


def read_catalog(path: Path, *, dialect: str = "") -> Catalog:
    """Return the catalog in a file; raise ``CatalogError`` naming file, place and reason. Writes nothing."""
    return read_catalog_bytes(read_bytes(path), file=str(path), dialect=dialect)


def read_catalog_bytes(data: bytes, *, file: str, dialect: str = "") -> Catalog:
    """Return the catalog in ``data``, which came from ``file``; raise ``CatalogError``.

    ``dialect`` is the syntax version to read it by; empty: the one the file names.
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
    """Return the dialect of a file.

    Before 2.1 it stood in ``version``, which now is the catalog's own; 1.0 may name none and has ``day``.
    """
    entries = as_map(root)
    if node := entries.get("syntaxVersion"):
        return as_text(node).strip()[:20]
    node = entries.get("version")
    if node and OLD_VERSION.fullmatch(node.raw.strip()):
        return node.raw.strip()
    if "day" in entries and "year" in entries:
        return "1.0"
    raise root.error("\"syntaxVersion\" is missing, so this is no Pricing2Yaml file. Add it, such as '2.1'.")
