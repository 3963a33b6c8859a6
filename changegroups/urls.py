"""Addresses of the change group pages."""

from django.urls import path

from changegroups.views import group, groups, members, offering

app_name = "changegroups"
urlpatterns = [
    path("", groups.changegroups, name="changegroups"),
    path("defaults/", groups.defaults, name="defaults"),
    path("offering/<str:sku>/", offering.offering, name="offering"),
    path("<int:pk>/", group.group, name="group"),
    path("<int:pk>/remove/", groups.remove, name="remove"),
    path("<int:pk>/suggestions/", members.suggestions, name="suggestions"),
    path("<int:pk>/add/", members.add, name="add"),
    path("<int:pk>/offerings/<int:member_pk>/priority/", members.priority, name="priority"),
    path("<int:pk>/offerings/<int:member_pk>/remove/", members.remove_offering, name="remove_offering"),
]
