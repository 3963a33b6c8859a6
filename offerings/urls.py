"""Addresses of the catalog pages. SKUs have capital letters, so no SKU is taken for "compare" or "publish"."""

from django.urls import path

from offerings.views import catalog, compare

app_name = "offerings"
urlpatterns = [
    path("", catalog.offerings, name="offerings"),
    path("compare/", compare.compare, name="compare"),
    path("publish/", catalog.publish, name="publish"),
    path("<str:sku>/", catalog.offering, name="offering"),
    path("<str:sku>/revisions/<int:number>/", catalog.revision, name="revision"),
]
