"""The terms of a revision as a value: license type, start and periods of the plan, and the way of selling seats."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Self


@dataclass(frozen=True, slots=True)
class Terms:
    """The ``terms`` of a revision. Periods are ISO 8601 durations, empty where there is none."""

    license_type: str = ""
    start_type: str = ""
    plan_type: str = ""
    duration: str = ""
    billing_period: str = ""
    maintenance_duration: str = ""
    seats_sold: str = ""

    @classmethod
    def from_json(cls, stored: Mapping[str, str]) -> Self:
        """Return the stored terms of a revision; a key that an old revision lacks is empty."""
        return cls(**{each.name: stored.get(each.name, "") for each in fields(cls)})
