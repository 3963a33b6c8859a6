"""The page that clones an offering: it asks for what cannot be the same, and copies the rest."""

from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.models import User
from django.db import IntegrityError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse

from offerings.cloning import clone, copy_of
from offerings.models import Offering, Plan

COPY, SAME = "copy", "same"
COPY_PERMISSIONS = ("offerings.add_edition", "offerings.change_edition")  # what names the source names the copy too


class CloneForm(forms.ModelForm):  # type: ignore[type-arg]
    """The SKU, the name and the plan of a copy, and whether it gets an edition of its own."""

    edition_choice = forms.ChoiceField(label="Edition", widget=forms.RadioSelect, initial=COPY)

    class Meta:
        model = Offering
        fields = ("sku", "name", "plan")

    def __init__(self, *args: Any, source: Offering, may_copy_edition: bool, **kwargs: Any) -> None:
        super().__init__(*args, **{**kwargs, "instance": copy_of(source)})
        self.source = source
        self.fields["plan"].queryset = Plan.objects.on_sale()  # type: ignore[attr-defined]
        name = source.edition.name
        choices = [(COPY, f"A copy of {name}, with values and relations of its own")] if may_copy_edition else []
        if not source.edition.is_retired:
            choices.append((SAME, f"The same {name}: a change of its values changes both"))
        self.fields["edition_choice"].choices = choices  # type: ignore[attr-defined]
        if choices:
            self.initial["edition_choice"] = choices[0][0]

    def clean(self) -> dict[str, Any]:
        """Refuse an edition under a plan that it is sold under already."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        plan = cleaned.get("plan")
        is_same = cleaned.get("edition_choice") == SAME
        sold = Offering.objects.filter(edition=self.source.edition, plan=plan).first() if plan and is_same else None
        if sold:
            self.add_error("plan", f"{sold} is this edition under this plan. Choose another plan, or copy the edition.")
        return cleaned


def clone_page(request: HttpRequest, source: Offering, context: dict[str, Any]) -> HttpResponse:
    """Ask for the SKU and name of the copy, then make it. The caller checks that the person may add offerings."""
    user = request.user
    assert isinstance(user, User)  # noqa: S101 (the gate lets nobody else in)
    if source.product.is_retired:
        messages.error(request, f"{source.product} is retired. Put the product back on sale before you clone this.")
        return redirect(reverse("admin:offerings_offering_change", args=[source.pk]))
    may_copy_edition = user.has_perms(COPY_PERMISSIONS)
    form = CloneForm(request.POST or None, source=source, may_copy_edition=may_copy_edition)
    if request.method == "POST" and form.is_valid():
        with_edition = form.cleaned_data["edition_choice"] == COPY
        try:
            made = clone(source, form.instance, with_edition=with_edition, made_by=user)
        except IntegrityError:
            form.add_error(
                None, "Somebody made an offering like this at the same moment. Look at the list, then try again."
            )
        else:
            text = f"{made} is a draft with everything that {source} has. It is in no change group yet."
            messages.success(request, text)
            return redirect(reverse("admin:offerings_offering_change", args=[made.pk]))
    context |= {"title": f"Clone {source.name}", "form": form, "charges": source.charges.count()}
    return TemplateResponse(request, "admin/offerings/clone.html", context, status=422 if form.errors else 200)
