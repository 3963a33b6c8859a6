"""Every address of Upshift."""

from django.contrib import admin
from django.contrib.auth import views as auth_views
from django.urls import include, path, reverse_lazy
from django.views.generic import RedirectView

from config import health, profile, refusals, web

# Passwords are reset by an administrator, never by mail.
accounts = [
    path("login/", auth_views.LoginView.as_view(redirect_authenticated_user=True), name="login"),
    path("logout/", auth_views.LogoutView.as_view(), name="logout"),
    path("profile/", profile.profile, name="profile"),
    path(
        "password/",
        profile.PasswordChange.as_view(extra_context={"back_url": reverse_lazy("profile")}),
        name="password_change",
    ),
    path("password/done/", auth_views.PasswordChangeDoneView.as_view(), name="password_change_done"),
]

handler400 = web.bad_request
handler403 = refusals.permission_denied

urlpatterns = [
    path("favicon.ico", web.favicon),
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("accounts/", include(accounts)),
    path("shortcuts/", profile.shortcuts, name="shortcuts"),
    path("offerings/", include("offerings.urls")),
    path("change-groups/", include("changegroups.urls")),
    path("admin/login/", web.admin_login),
    path("admin/password_change/", RedirectView.as_view(pattern_name="password_change")),  # the page that is logged
    path("admin/", admin.site.urls),
    path("", include("entitlements.urls")),
]

handler500 = "config.outage.server_error"
