"""The tables of entitlements, overrides, seats, feature use and notes."""

from typing import ClassVar

from django.conf import settings
from django.core.validators import MaxLengthValidator
from django.db import models
from django.db.models import F, Q
from django.urls import reverse

from config.names import FoldedField, Named, NamedQuerySet
from entitlements.models.customers import Customer
from entitlements.models.ids import new_id
from entitlements.models.orders import Order
from entitlements.models.queries import EntitlementQuerySet
from entitlements.models.seats_added import EXPIRY_DAY
from offerings.models import Offering, OfferingKind, Product, Revision

KEY_LENGTH = 80
REASON_LENGTH = 500
CONDITIONS_LENGTH = 20_000


class Entitlement(models.Model):
    """One licensed offering held by a customer. Only ``entitlements.engine`` writes entitlements; none is deleted.

    Terms are half-open dates in the site's zone: the last day is the day before ``expires_on``.
    ``grace_ends_on`` and the numbers are stored for speed; ``manage.py check_entitlements`` recounts them.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="entitlements")
    # No index of their own: the indexes for renewals and for the filters of the list begin with these columns.
    revision = models.ForeignKey(Revision, on_delete=models.PROTECT, related_name="entitlements", db_index=False)
    offering = models.ForeignKey(Offering, on_delete=models.PROTECT, related_name="entitlements", db_index=False)
    product = models.ForeignKey(Product, on_delete=models.PROTECT, related_name="entitlements", db_index=False)
    kind = models.CharField(max_length=10, choices=OfferingKind.choices)
    quantity = models.PositiveBigIntegerField(null=True, help_text="Seats bought, where sold per quantity.")
    starts_on = models.DateField(null=True)
    anchor_on = models.DateField(null=True)  # whose day of month later terms keep; empty where it is the start
    standard_expires_on = models.DateField(null=True, help_text="What the plan says; empty: never.")
    expires_on = models.DateField(null=True, help_text="In force; set by hand where unlike the standard.")
    standard_maintenance_expires_on = models.DateField(null=True, help_text="Empty: with the license.")
    maintenance_expires_on = models.DateField(null=True)
    # The terms and conditions agreed; NULL, as nearly always, takes no room.
    conditions = models.TextField(null=True, max_length=CONDITIONS_LENGTH)  # noqa: DJ001
    ended_on = models.DateField(null=True)
    activated_at = models.DateTimeField(null=True)
    disabled_at = models.DateTimeField(null=True)
    version = models.PositiveIntegerField(help_text="Names the state of everything but seats and use.")
    sequence = models.PositiveIntegerField(help_text="Sequence of the newest change.")
    created_at = models.DateTimeField()
    changed_at = models.DateTimeField()

    grace_ends_on = models.DateField(null=True)
    seat_limit = models.PositiveBigIntegerField(null=True, help_text="Empty: unlimited.")
    seat_capacity = models.PositiveBigIntegerField(null=True, help_text="Limit plus overdraft; empty: unlimited.")
    seats_used = models.PositiveIntegerField(default=0)
    override_count = models.PositiveIntegerField(default=0)

    objects = EntitlementQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["-changed_at", "-id"]
        default_permissions = ("view",)
        permissions: ClassVar = [
            ("create_entitlement", "Can create entitlements"),
            ("change_offering", "Can change the offering of entitlements"),
            ("override_rights", "Can set and remove overrides"),
            ("set_quantity", "Can set the quantity of entitlements"),
            ("activate_entitlement", "Can activate entitlements"),
            ("renew_entitlement", "Can renew entitlements"),
            ("disable_entitlement", "Can disable and enable entitlements"),
            ("change_terms", "Can change the terms of entitlements"),
            ("release_seats", "Can release seats"),
            ("undo_act", "Can undo acts"),
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["order", "product"],
                condition=Q(kind=OfferingKind.PLAN, ended_on=None),
                name="entitlement_one_plan_per_order_and_product",
            ),
            models.CheckConstraint(name="entitlement_quantity_from_1", condition=Q(quantity=None) | Q(quantity__gte=1)),
            models.CheckConstraint(
                name="entitlement_expires_after_start",
                condition=Q(expires_on=None) | Q(starts_on=None) | Q(expires_on__gt=F("starts_on")),
            ),
        ]
        # All indexes serve the list and the renewals. The partial indexes hold few rows and cost next to nothing.
        indexes: ClassVar = [
            models.Index(fields=["-changed_at", "-id"], name="entitlement_newest"),  # the list as it opens
            models.Index(EXPIRY_DAY, "id", name="entitlement_by_expiry"),  # sorted by expiry; "expires before"
            models.Index(
                F("revision"), EXPIRY_DAY, F("id"), name="entitlement_by_revision"
            ),  # renewals of a product; drift
            models.Index(fields=["seats_used", "id"], name="entitlement_by_seats_used"),  # sorted by seats used
            models.Index(fields=["offering", "-changed_at", "-id"], name="entitlement_by_offering"),  # the filters
            models.Index(fields=["product", "-changed_at", "-id"], name="entitlement_by_product"),
            models.Index(
                fields=["-changed_at", "-id"], condition=Q(override_count__gt=0), name="entitlement_overridden"
            ),
            models.Index(
                fields=["-changed_at", "-id"],
                condition=Q(seats_used__gt=F("seat_capacity")),
                name="entitlement_over_limit",
            ),
            models.Index(
                fields=["-changed_at", "-id"], condition=Q(disabled_at__isnull=False), name="entitlement_disabled"
            ),
            models.Index(fields=["-changed_at", "-id"], condition=Q(ended_on__isnull=False), name="entitlement_ended"),
        ]

    def __str__(self) -> str:
        return f"Entitlement {self.pk}"

    def get_absolute_url(self) -> str:
        """Return the address of the entitlement's page."""
        return reverse("entitlements:entitlement", args=[self.pk])


class Override(models.Model):
    """A right, or the expiry, set by hand on one entitlement."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    entitlement = models.ForeignKey(Entitlement, on_delete=models.PROTECT, related_name="overrides")
    key = models.CharField(max_length=KEY_LENGTH)
    value = models.JSONField()
    is_floor = models.BooleanField(default=False, help_text="At least this value; else exactly.")
    set_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    set_by_name = models.CharField(max_length=150)
    set_at = models.DateTimeField()
    reason = models.CharField(max_length=REASON_LENGTH)
    until = models.DateField(null=True, help_text="The first day without it; empty: no end.")

    class Meta:
        default_permissions = ("view",)
        constraints: ClassVar = [models.UniqueConstraint(fields=["entitlement", "key"], name="override_once")]
        indexes: ClassVar = [
            models.Index(
                fields=["key", "entitlement"], name="override_by_right"
            ),  # entitlements with this right overridden
            models.Index(fields=["-set_at", "-id"], name="override_newest"),  # the override report, newest first
            models.Index(  # what is due to end, and the report of what ends soon
                fields=["until", "entitlement"], condition=Q(until__isnull=False), name="override_until"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.key} of {self.entitlement_id}"


class Seat(Named):
    """One active use of an entitlement. Rows of released seats stay, so that an undo can restore the seats."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    entitlement = models.ForeignKey(Entitlement, on_delete=models.PROTECT, related_name="seats")
    seat_id = models.CharField(max_length=100, help_text="What the client calls itself.")
    name = models.CharField(max_length=100, blank=True)
    name_folded = FoldedField("name")
    activated_at = models.DateTimeField()
    lease_expires_at = models.DateTimeField()
    last_refresh_at = models.DateTimeField()
    is_offline = models.BooleanField(default=False)
    released_at = models.DateTimeField(null=True)

    objects = NamedQuerySet["Seat"].as_manager()

    class Meta:
        ordering: ClassVar = ["activated_at", "id"]
        default_permissions = ("view",)
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["entitlement", "seat_id"], condition=Q(released_at=None), name="seat_active_once"
            )
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["entitlement", "activated_at", "id"], condition=Q(released_at=None), name="seat_oldest"
            ),
            models.Index(fields=["seat_id"], condition=Q(released_at=None), name="seat_active_elsewhere"),
            models.Index(  # seats used over the last months
                fields=["entitlement", "released_at", "activated_at"],
                condition=Q(released_at__isnull=False),
                name="seat_released",
            ),
            models.Index(fields=["name_folded"], condition=Q(released_at=None), name="seat_by_folded_name"),  # search
        ]

    def __str__(self) -> str:
        return self.name or self.seat_id


class FeatureUse(models.Model):
    """The use of one feature: checked out by a seat (element pools), or counted without a seat (usage counts)."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    entitlement = models.ForeignKey(Entitlement, on_delete=models.PROTECT, related_name="uses")
    key = models.CharField(max_length=KEY_LENGTH)
    seat = models.ForeignKey(Seat, on_delete=models.PROTECT, null=True, related_name="uses")
    amount = models.PositiveBigIntegerField()

    class Meta:
        default_permissions = ("view",)
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["seat", "key"], condition=Q(seat__isnull=False), name="checked_out_once"),
            models.UniqueConstraint(fields=["entitlement", "key"], condition=Q(seat=None), name="counted_once"),
        ]

    def __str__(self) -> str:
        return f"{self.key}: {self.amount}"


class NoteKind(models.TextChoices):
    """What a note is: words of staff, or the fact that a customer was contacted about an expiry."""

    NOTE = "note", "note"
    CONTACTED = "contacted", "contacted"


class Note(models.Model):
    """A note of staff on an entitlement or on a customer, in a subset of Markdown.

    Notes are added, pinned and unpinned, never edited: the text stays the text of its author. A contact names the
    expiry it was ``about``: after a renewal the customer is to be contacted anew.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    entitlement = models.ForeignKey(Entitlement, on_delete=models.PROTECT, null=True, blank=True, related_name="notes")
    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, null=True, blank=True, related_name="notes")
    text = models.TextField(validators=[MaxLengthValidator(5000)])
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    pinned_at = models.DateTimeField(null=True, editable=False)
    kind = models.CharField(max_length=10, choices=NoteKind.choices, default=NoteKind.NOTE, editable=False)
    about = models.DateField(null=True, editable=False, help_text="Of a contact: the expiry it was about.")

    class Meta:
        ordering: ClassVar = ["-created_at", "-id"]
        default_permissions = ("add", "view")
        indexes: ClassVar = [  # who has been contacted about what expires in a month
            models.Index(fields=["about", "entitlement"], condition=Q(kind=NoteKind.CONTACTED), name="note_contacted")
        ]
        constraints: ClassVar = [
            models.CheckConstraint(
                name="note_on_one_thing",
                condition=Q(entitlement__isnull=False, customer=None) | Q(entitlement=None, customer__isnull=False),
                violation_error_message="A note is on an entitlement or on a customer.",
            ),
            models.CheckConstraint(
                name="note_contact_is_about_an_expiry",
                condition=Q(kind=NoteKind.NOTE, about=None)
                | Q(kind=NoteKind.CONTACTED, about__isnull=False, entitlement__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return self.text[:60]
