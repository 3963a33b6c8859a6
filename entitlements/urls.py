"""Addresses of everything about who holds what: entitlements, and what is reported of them."""

from django.urls import include, path

from config.lists.pages import list_urls
from entitlements.amendments.columns import AMENDMENTS
from entitlements.amendments.proposals.columns import PROPOSALS
from entitlements.amendments.views import amend, amendment, proposal_steps, proposals, update_product
from entitlements.amendments.views import list as amendment_list
from entitlements.amendments.views import steps as amendment_steps
from entitlements.bulk import undo_pages
from entitlements.desk.columns import ENTITLEMENTS
from entitlements.desk.views import actions, dashboard, drift_report, entitlement, export, override_report, search
from entitlements.desk.views import list as entitlement_list
from entitlements.desk.views import notes as entitlement_notes
from entitlements.dialogs.create import views as create
from entitlements.dialogs.overrides import views as overrides
from entitlements.dialogs.pages import dialog_urls
from entitlements.dialogs.undo import views as undo
from entitlements.directory.customer_list import CUSTOMERS
from entitlements.directory.views import (
    conditions,
    contacts,
    customer,
    customers,
    customers_csv,
    merging,
    notes,
    orders,
)
from entitlements.history import act_page, log_page
from entitlements.importing import views as importing
from entitlements.invoicing import views as invoicing
from entitlements.renewals.columns import RENEWALS
from entitlements.renewals.views import contacts as renewal_contacts
from entitlements.renewals.views import list as renewal_list
from entitlements.renewals.views import renew

app_name = "entitlements"

# Below /entitlements/
entitlement_pages = [
    path("", entitlement_list.entitlements, name="entitlements"),
    path("export.csv", export.entitlements_csv, name="entitlements_csv"),
    path("filters/", entitlement_list.filter_menus, name="filter_menus"),
    path("new/", create.create, name="create"),
    path("import/", importing.import_entitlements, name="import_entitlements"),
    path("import/template.csv", importing.entitlements_template, name="entitlements_template"),
    *list_urls(ENTITLEMENTS),
    path("<uuid:pk>/", entitlement.entitlement, name="entitlement"),
    path("<uuid:pk>/actions/", actions.actions, name="actions"),
    path("<uuid:pk>/seats/", entitlement.seats, name="seats"),
    path("<uuid:pk>/amendments/", entitlement.amendments, name="entitlement_amendments"),
    path("<uuid:pk>/history/", entitlement.history, name="history"),
    path("<uuid:pk>/notes/", entitlement_notes.entitlement_notes, name="notes"),
    *dialog_urls(),
    path("<uuid:pk>/amend/", amend.amend, name="amend"),
    path("<uuid:pk>/update-product/", update_product.update_product, name="update_product"),
    path("<uuid:pk>/rights/<str:key>/override/", overrides.override, name="override"),
    path("<uuid:pk>/rights/<str:key>/revert/", overrides.revert, name="revert"),
    path("<uuid:pk>/undo/<uuid:act_id>/", undo.undo, name="undo"),
]

# Below /customers/
customer_pages = [
    path("", customers.customers, name="customers"),
    path("new/", customers.add, name="add_customer"),
    path("import/", importing.import_customers, name="import_customers"),
    path("import/template.csv", importing.customers_template, name="customers_template"),
    *list_urls(CUSTOMERS),
    path("<uuid:pk>/", customer.customer, name="customer"),
    path("export.csv", customers_csv.customers_csv, name="customers_csv"),
    path("<uuid:pk>/details/", contacts.details, name="customer_details"),
    path("<uuid:pk>/contacts/new/", contacts.add, name="add_contact"),
    path("<uuid:pk>/contacts/<uuid:contact_id>/edit/", contacts.edit, name="edit_contact"),
    path("<uuid:pk>/contacts/<uuid:contact_id>/remove/", contacts.remove, name="remove_contact"),
    path("<uuid:pk>/orders/", customer.orders, name="customer_orders"),
    path("<uuid:pk>/notes/", notes.customer_notes, name="customer_notes"),
    path("<uuid:pk>/history/", customer.history, name="customer_history"),
    path("<uuid:pk>/edit/", customers.edit_customer, name="edit_customer"),
    path("<uuid:pk>/merge/", merging.merge_customer, name="merge_customer"),
    path("<uuid:pk>/merge/undo/", merging.undo, name="undo_merge"),
    path("<uuid:pk>/disable/", customers.disable, name="disable_customer"),
    path("<uuid:pk>/enable/", customers.enable, name="enable_customer"),
]

# Below /reports/
report_pages = [
    path("drift/", drift_report.drift_report, name="drift_report"),
    path("drift/<int:pk>/move/", drift_report.move_revision, name="move_revision"),
    path("overrides/", override_report.override_report, name="override_report"),
    path("overrides/export.csv", override_report.override_report_csv, name="override_report_csv"),
    path("overrides/revert/", override_report.revert_many, name="revert_many"),
]

# Below /renewals/
renewal_pages = [
    path("", renewal_list.renewals, name="renewals"),
    path("export.csv", renewal_list.renewals_csv, name="renewals_csv"),
    path("renew/", renew.renew_many, name="renew_many"),
    *list_urls(RENEWALS),
    path("contacted/", renewal_contacts.contacted_many, name="contacted_many"),
    path("<uuid:pk>/contacted/", renewal_contacts.contacted, name="contacted"),
]

# Below /amendments/
amendment_pages = [
    path("", amendment_list.amendments, name="amendments"),
    path("export.csv", amendment_list.amendments_csv, name="amendments_csv"),
    *list_urls(AMENDMENTS),
    path("<uuid:pk>/", amendment.amendment, name="amendment"),
    path("<uuid:pk>/move/", amendment_steps.move, name="move_amendment"),
    path("<uuid:pk>/edit/", amendment_steps.edit, name="edit_amendment"),
    path("<uuid:pk>/cancel/", amendment_steps.cancel, name="cancel_amendment"),
    path("<uuid:pk>/apply/", amendment_steps.apply, name="apply_amendment"),
]

# Below /proposals/
proposal_pages = [
    path("", proposals.proposals, name="proposals"),
    path("export.csv", proposals.proposals_csv, name="proposals_csv"),
    *list_urls(PROPOSALS),
    path("<uuid:pk>/approve/", proposal_steps.approve, name="approve_proposal"),
    path("<uuid:pk>/decline/", proposal_steps.decline, name="decline_proposal"),
    path("<uuid:pk>/edit/", proposal_steps.edit, name="edit_proposal"),
]

# Below /orders/
order_pages = [
    path("<uuid:pk>/", orders.order, name="order"),
    path("<uuid:pk>/amend/", amend.amend_order, name="amend_order"),
    path("<uuid:pk>/conditions/", conditions.order_conditions, name="order_conditions"),
    path("<uuid:pk>/edit/", orders.edit_order, name="edit_order"),
    path("<uuid:pk>/billing/", orders.edit_billing, name="edit_billing"),
    path("<uuid:pk>/invoice/", invoicing.order_invoice, name="order_invoice"),
    path("<uuid:pk>/invoice.csv", invoicing.order_lines_csv, name="order_lines_csv"),
    path("<uuid:pk>/renewal/", orders.edit_renewal, name="edit_renewal"),
    path("<uuid:pk>/codes/", orders.codes, name="add_codes"),
    path("<uuid:pk>/codes/<uuid:code_id>/remove/", orders.remove, name="remove_code"),
]

# Below /history/
log_pages = [
    path("", log_page.acts, name="acts"),
    path("export.csv", log_page.acts_csv, name="acts_csv"),
    path("edits/<int:pk>/", log_page.edit, name="edit"),
    path("<uuid:pk>/", act_page.act, name="act"),
    path("<uuid:pk>/undo/", undo.undo_act, name="undo_act"),
    path("<uuid:pk>/undo-all/", undo_pages.undo_many, name="undo_many"),
]

urlpatterns = [
    path("", dashboard.dashboard, name="dashboard"),
    path("entitlements/", include(entitlement_pages)),
    path("customers/", include(customer_pages)),
    path("orders/", include(order_pages)),
    path("renewals/", include(renewal_pages)),
    path("amendments/", include(amendment_pages)),
    path("invoicing/", invoicing.invoice_lines, name="invoice_lines"),
    path("invoicing/lines.csv", invoicing.lines_csv, name="lines_csv"),
    path("proposals/", include(proposal_pages)),
    path("reports/", include(report_pages)),
    path("history/", include(log_pages)),
    path("search/", search.search, name="search"),
    path("notes/<uuid:pk>/pin/", notes.pin, name="pin_note"),
    path("notes/<uuid:pk>/unpin/", notes.unpin, name="unpin_note"),
]
