"""The terms of a revision as a value: the plan's license type, start and periods, and how seats are sold."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Self


@dataclass(frozen=True, slots=True)
class Terms:
    """What a revision stores as ``terms``. Periods are ISO 8601 durations, empty where there is none."""

    license_type: str = ""
    start_type: str = ""
    plan_type: str = ""
    duration: str = ""
    billing_period: str = ""
    maintenance_duration: str = ""
    seats_sold: str = ""

    @classmethod
    def from_json(cls, stored: Mapping[str, str]) -> Self:
        """Return the terms of what a revision stores; a key that an old revision lacks is empty."""
        return cls(**{each.name: stored.get(each.name, "") for each in fields(cls)})
