"""Addresses of everything about who holds what: entitlements, and what is reported of them."""

from django.urls import include, path

from entitlements.views import change_offering, create, dashboard, entitlement, operations, overrides
from entitlements.views import list as entitlement_list

app_name = "entitlements"

# Below /entitlements/
entitlement_pages = [
    path("", entitlement_list.entitlements, name="entitlements"),
    path("new/", create.create, name="create"),
    path("<uuid:pk>/", entitlement.entitlement, name="entitlement"),
    path("<uuid:pk>/seats/", entitlement.seats, name="seats"),
    path("<uuid:pk>/history/", entitlement.history, name="history"),
    path("<uuid:pk>/notes/", entitlement.notes, name="notes"),
    path("<uuid:pk>/change-offering/", change_offering.change_offering, name="change_offering"),
    path("<uuid:pk>/rights/<str:key>/override/", overrides.override, name="override"),
    path("<uuid:pk>/rights/<str:key>/revert/", overrides.revert, name="revert"),
    path("<uuid:pk>/activate/", operations.activate, name="activate"),
    path("<uuid:pk>/renew/", operations.renew, name="renew"),
    path("<uuid:pk>/disable/", operations.disable, name="disable"),
    path("<uuid:pk>/enable/", operations.enable, name="enable"),
    path("<uuid:pk>/terms/", operations.terms, name="terms"),
    path("<uuid:pk>/quantity/", operations.quantity, name="quantity"),
    path("<uuid:pk>/release-seats/", operations.release_seats, name="release_seats"),
    path("<uuid:pk>/undo/<uuid:act_id>/", operations.undo, name="undo"),
]

urlpatterns = [
    path("", dashboard.dashboard, name="dashboard"),
    path("entitlements/", include(entitlement_pages)),
]
