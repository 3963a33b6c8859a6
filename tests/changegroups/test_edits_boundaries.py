"""What edits of change groups write and say, at their boundaries: nothing new, one thing new, and the words."""

import pytest
from django.contrib.admin.models import ADDITION, CHANGE, DELETION, LogEntry
from django.contrib.auth.models import User

from changegroups import edits
from changegroups.models import MODES, ChangeDefaults, ChangeGroup, Membership
from tests.factories import OfferingFactory, UserFactory

NO_MODES = "".join(f"{name.replace('_', ' ').capitalize()}: global default.\n" for name in MODES)


@pytest.fixture
def person(db: None) -> User:
    return UserFactory()


def lines() -> list[tuple[int, str]]:
    return list(LogEntry.objects.order_by("pk").values_list("action_flag", "change_message"))


@pytest.mark.parametrize(
    ("name", "before", "after", "sentences"),
    [
        ("name", "Atlas", "Atlas", []),
        ("name", "Atlas", "Borealis", ["Name: Atlas → Borealis."]),
        ("description", "", "x", ["Description: none → x."]),
        ("description", "x", "", ["Description: x → none."]),
        ("description", "", "x" * 2000, [f"Description: none → {'x' * 2000}."]),
        ("change_mode", "", "upgrade", ["Change mode: global default → upgrade only."]),
        ("change_mode", "upgrade", "", ["Change mode: upgrade only → global default."]),
        ("subscribe_mode", "keep", "new_term", ["Subscribe mode: keep → existing with new term."]),
        ("quantity_mode", "keep_same", "allow_change", ["Quantity mode: keep same → allow change."]),
        ("term_changes", "allowed", "refused", ["Term changes: allowed → refused."]),
        ("is_self_service", False, True, ["Self-service: no → yes."]),
        ("is_self_service", True, False, ["Self-service: yes → no."]),
        ("is_self_service", True, True, []),
    ],
)
def test_a_sentence_for_each_difference(
    person: User, name: str, before: object, after: object, sentences: list[str]
) -> None:
    group = ChangeGroup.objects.create(**{"name": "Group", name: before})
    setattr(group, name, after)
    assert edits.save_group(group, made_by=person) is bool(sentences)
    assert lines() == [(CHANGE, sentence) for sentence in sentences]


def test_a_group_is_saved_and_logged_only_where_it_says_something_new(person: User) -> None:
    group = ChangeGroup(name="Atlas")
    edits.add_group(group, made_by=person)
    assert edits.save_group(group, made_by=person) is False
    group.name, group.is_self_service = "Borealis", True
    assert edits.save_group(group, made_by=person) is True
    edits.remove_group(group, made_by=person)
    assert lines() == [
        (ADDITION, f"Name: Atlas.\n{NO_MODES}Self-service: no."),
        (CHANGE, "Name: Atlas → Borealis.\nSelf-service: no → yes."),
        (DELETION, f"Name: Borealis.\n{NO_MODES}Self-service: yes."),
    ]
    assert not ChangeGroup.objects.exists()


def test_a_name_is_taken_whatever_its_capitals(person: User) -> None:
    edits.add_group(ChangeGroup(name="Atlas"), made_by=person)
    with pytest.raises(edits.NameExistsError, match="ATLAS"):
        edits.add_group(ChangeGroup(name="ATLAS"), made_by=person)
    assert len(lines()) == ChangeGroup.objects.count() == 1


def test_a_group_that_was_removed_meanwhile_takes_nothing(person: User) -> None:
    group = ChangeGroup.objects.create(name="Atlas")
    gone = ChangeGroup.objects.get()
    group.delete()
    with pytest.raises(ChangeGroup.DoesNotExist):
        edits.save_group(gone, made_by=person)
    with pytest.raises(ChangeGroup.DoesNotExist):
        edits.add_offering(gone, OfferingFactory(), priority=1, made_by=person)
    assert lines() == []


def test_global_defaults_are_saved_and_logged_only_where_they_say_something_new(person: User) -> None:
    same = ChangeDefaults.current()
    assert edits.save_defaults(same, made_by=person) is False
    assert not ChangeDefaults.objects.exists()
    others = {name: choices.values[-1] for name, choices in MODES.items()}
    assert edits.save_defaults(ChangeDefaults(pk=1, **others), made_by=person) is True
    saved = ChangeDefaults.objects.get()
    assert {name: getattr(saved, name) for name in MODES} == others
    [(flag, _message)] = lines()
    assert flag == CHANGE


def test_an_offering_is_put_in_once_moved_where_the_priority_is_another_and_taken_out(person: User) -> None:
    group, offering = ChangeGroup.objects.create(name="Atlas"), OfferingFactory(sku="GOLD")
    assert edits.add_offering(group, offering, priority=10, made_by=person) is True
    assert edits.add_offering(group, offering, priority=20, made_by=person) is False
    member = Membership.objects.get()
    assert (member.priority, edits.set_priority(member, 10, made_by=person)) == (10, False)
    assert edits.set_priority(member, 11, made_by=person) is True
    member.refresh_from_db()
    assert member.priority == 11
    edits.remove_offering(member, made_by=person)
    assert not Membership.objects.exists()
    assert lines() == [
        (CHANGE, "Added GOLD (priority 10)."),
        (CHANGE, "Priority of GOLD: 10 → 11."),
        (CHANGE, "Removed GOLD (priority 11)."),
    ]
