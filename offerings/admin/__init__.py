"""Django admin of the catalog, which edits drafts; the review page publishes them."""

from offerings.admin.editions import EditionAdmin
from offerings.admin.offerings import OfferingAdmin
from offerings.admin.plans import PlanAdmin
from offerings.admin.products import FeatureAdmin, ProductAdmin
from offerings.admin.revisions import RevisionAdmin

__all__ = ["EditionAdmin", "FeatureAdmin", "OfferingAdmin", "PlanAdmin", "ProductAdmin", "RevisionAdmin"]
