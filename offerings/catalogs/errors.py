"""The error that stops an import."""


class CatalogError(Exception):
    """A price catalog cannot be imported; nothing was written. The message has the file, the place and the reason."""

    def __init__(self, file: str, place: str, reason: str) -> None:
        self.file, self.place, self.reason = file, place, reason
        super().__init__(f"{file}: {place}: {reason}" if place else f"{file}: {reason}")
