"""Django admin of the catalog: edits drafts; publishing has a page of its own."""

from offerings.admin.editions import EditionAdmin
from offerings.admin.offers import OfferingAdmin
from offerings.admin.plans import PlanAdmin
from offerings.admin.products import FeatureAdmin, ProductAdmin
from offerings.admin.revisions import RevisionAdmin

__all__ = ["EditionAdmin", "FeatureAdmin", "OfferingAdmin", "PlanAdmin", "ProductAdmin", "RevisionAdmin"]
