"""Addresses of the catalog pages. SKUs have capital letters alone, so no SKU equals "compare" or "publish"."""

from django.urls import path

from config.lists.pages import list_urls
from offerings.offering_list import OFFERINGS
from offerings.views import catalog, compare, importing

app_name = "offerings"
urlpatterns = [
    path("", catalog.offerings, name="offerings"),
    path("compare/", compare.compare, name="compare"),
    path("import/", importing.import_catalog, name="import"),
    path("publish/", catalog.publish, name="publish"),
    *list_urls(OFFERINGS),
    path("<str:sku>/", catalog.offering, name="offering"),
    path("<str:sku>/revisions/<int:number>/", catalog.revision, name="revision"),
]
