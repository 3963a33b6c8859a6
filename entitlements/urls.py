"""Addresses of the entitlement pages."""

from django.urls import path

from entitlements.views import create
from entitlements.views import list as entitlement_list

app_name = "entitlements"
urlpatterns = [
    path("", entitlement_list.entitlements, name="entitlements"),
    path("new/", create.create, name="create"),
]
