"""Addresses of the catalog pages. SKUs have capital letters alone, so no SKU equals "compare" or "publish"."""

from django.urls import path

from offerings.views import catalog, compare, importing

app_name = "offerings"
urlpatterns = [
    path("", catalog.offerings, name="offerings"),
    path("compare/", compare.compare, name="compare"),
    path("import/", importing.import_catalog, name="import"),
    path("publish/", catalog.publish, name="publish"),
    path("<str:sku>/", catalog.offering, name="offering"),
    path("<str:sku>/revisions/<int:number>/", catalog.revision, name="revision"),
]
