"""Several people import the same catalog at the same moment."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connection

from config.actors import System
from offerings.catalogs.importer import StalePlan, import_catalog
from offerings.catalogs.reader import read_catalog_bytes
from offerings.models import Feature, Offering, Product
from tests.offerings.catalogs.test_bad_files import GOOD

THREADS = 6


def import_at_once(text: str) -> list[int]:
    """Return how many rows each of several imports at the same moment wrote; those that were overtaken, none."""
    start = Barrier(THREADS)

    def import_it(_number: int) -> int:
        catalog = read_catalog_bytes(text.encode(), file="good.yml")
        try:
            start.wait()
            return len(import_catalog(catalog, product_code="example", made_by=System("tests")).plan.items)
        except StalePlan:
            return 0
        finally:
            connection.close()

    with ThreadPoolExecutor(THREADS) as pool:
        return sorted(pool.map(import_it, range(THREADS)))


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_a_new_product_is_made_once_however_many_import_it_at_once() -> None:
    assert import_at_once(GOOD) == [0] * (THREADS - 1) + [6]
    assert (Product.objects.count(), Feature.objects.count(), Offering.objects.count()) == (1, 2, 2)


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_an_update_is_written_once_however_many_import_it_at_once() -> None:
    import_catalog(read_catalog_bytes(GOOD.encode(), file="good.yml"), product_code="example", made_by=System("tests"))
    assert import_at_once(GOOD.replace("price: 10.50", "price: 12")) == [0] * (THREADS - 1) + [1]
