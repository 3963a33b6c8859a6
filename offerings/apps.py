"""The catalog: products, offerings, revisions."""

from django.apps import AppConfig


class OfferingsConfig(AppConfig):
    """The catalog: products, offerings, revisions."""

    default_auto_field = "django.db.models.BigAutoField"
    name = "offerings"
    verbose_name = "Catalog"
