"""Addresses of the catalog pages. SKUs have capital letters, so no SKU is taken for "publish"."""

from django.urls import path

from offerings import views

app_name = "offerings"
urlpatterns = [
    path("", views.offerings, name="offerings"),
    path("publish/", views.publish, name="publish"),
    path("<str:sku>/", views.offering, name="offering"),
    path("<str:sku>/revisions/<int:number>/", views.revision, name="revision"),
]
