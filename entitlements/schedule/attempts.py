"""Do something in one transaction, anew where another transaction was ahead."""

import logging
from collections.abc import Callable
from typing import TypeVar

from django.db import IntegrityError, OperationalError, transaction

from config.outage import is_away

ATTEMPTS = 4
Found = TypeVar("Found")
logger = logging.getLogger(__name__)


class Overtaken(Exception):
    """Another transaction was ahead, and nothing is written."""


def in_transaction(job: Callable[[], Found]) -> Found:
    """Return what ``job`` returns, done wholly or not at all.

    Where the database ends the transaction because another one waits for it, or was faster, the job is done anew.
    Raises ``Overtaken`` where that happens every time.
    """
    for _attempt in range(ATTEMPTS):
        try:
            with transaction.atomic():
                return job()
        except (IntegrityError, OperationalError, Overtaken) as error:
            if is_away(error):
                raise
            logger.warning("Another transaction was ahead.", exc_info=True)
    raise Overtaken("Somebody changed this at the same moment, several times over.")
