"""The page that undoes an act of any size: counted first, then carried out, a step of a few seconds at a time."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from entitlements.bulk import steps
from entitlements.models import Act, Change, Entitlement
from entitlements.operations import Disable, SetOverrides
from tests.cast import KEEP, TODAY, Cast
from tests.entitlements.bulk.tables import dump


@pytest.fixture
def operations(cast: Cast) -> Client:
    client = Client()
    client.force_login(cast.operations)
    return client


@pytest.fixture(autouse=True)
def one_batch_a_step(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(steps, "BATCH_SIZE", 2)
    monkeypatch.setattr(steps, "STEP_SECONDS", 0)


def disabled(cast: Cast, count: int) -> Act:
    ids = [cast.entitle(seats=1).pk for _number in range(count)]
    act = cast.do(Disable(as_of=TODAY), ids).act
    assert act is not None
    return act


def address(act: Act) -> str:
    return reverse("entitlements:undo_many", args=[act.pk])


def run_of(answer: Any) -> steps.Run:
    run = answer.context["run"]
    assert isinstance(run, steps.Run)
    return run


def go_on(client: Client, act: Act, answer: Any) -> Iterator[Any]:
    """Press the button of each step until another page answers, as the browser does by itself; yield each answer."""
    while answer.status_code == 200:
        yield answer
        answer = client.post(address(act), {"run": answer.context["signed"]})
    yield answer


def previewed(client: Client, act: Act, **data: str) -> Any:
    """Return the page that waits for the confirmation."""
    answer = client.post(address(act), {"reason": "Too early", **data})
    while run_of(answer).goes_on:
        answer = client.post(address(act), {"run": answer.context["signed"]})
    return answer


def test_it_asks_first_and_writes_nothing(cast: Cast, operations: Client) -> None:
    act = disabled(cast, 3)
    before = dump()
    page = operations.get(address(act)).content.decode()
    assert "First all of them are previewed and counted" in page
    assert dump() == before


def test_every_preview_is_counted_before_anything_is_written(cast: Cast, operations: Client) -> None:
    act = disabled(cast, 5)
    changes = Change.objects.count()
    answer = previewed(operations, act)
    run = run_of(answer)
    assert (run.phase, run.tally.changed, run.tally.refused, run.total) == (steps.Phase.READY, 5, 0, 5)
    assert "Undo 5" in " ".join(answer.content.decode().split())
    assert Change.objects.count() == changes


def test_all_steps_are_one_act(cast: Cast, operations: Client) -> None:
    act = disabled(cast, 5)
    *_steps, last = go_on(operations, act, previewed(operations, act))
    undo = Act.objects.get(undoes=act)
    assert last.url == reverse("entitlements:act", args=[undo.pk])
    assert (undo.made_by, undo.reason, undo.source) == (cast.operations, "Too early", "page")
    assert Change.objects.filter(act=undo).count() == 5
    assert not Entitlement.objects.exclude(disabled_at=None).exists()


def test_progress_is_shown_and_goes_on_by_itself(cast: Cast, operations: Client) -> None:
    act = disabled(cast, 5)
    answers = list(go_on(operations, act, previewed(operations, act)))
    shown = [(run_of(each).phase, run_of(each).tally.total) for each in answers[:-1]]
    assert shown == [("ready", 5), ("running", 2), ("running", 4), ("running", 5)]
    assert 'hx-trigger="submit, load"' in answers[1].content.decode()
    assert '<progress class="progress" max="5" value="2"' in answers[1].content.decode()


def test_htmx_is_answered_with_the_step_alone(cast: Cast, operations: Client) -> None:
    act = disabled(cast, 3)
    headers = {"HX-Request": "true", "HX-Target": "run"}
    page = operations.post(address(act), {"reason": "r"}, headers=headers).content.decode()
    assert page.strip().startswith("<form")
    assert "<html" not in page


def test_what_changed_since_stays_and_is_said(cast: Cast, operations: Client) -> None:
    act = disabled(cast, 3)
    first = Change.objects.filter(act=act).order_by("entitlement")[0]
    cast.do(SetOverrides(as_of=TODAY, values={"seat_limit": 250}, seats=KEEP), [first.entitlement_id], reason="r")
    answer = previewed(operations, act)
    page = " ".join(answer.content.decode().split())
    assert "1 stays as it is" in page
    assert "This entitlement has been changed since." in page
    *_steps, last = go_on(operations, act, answer)
    assert Change.objects.filter(act__undoes=act).count() == 2
    followed = operations.get(last.url).content.decode()
    assert "1 entitlement stayed as" in followed


def test_the_same_request_goes_on_with_what_was_interrupted(cast: Cast, operations: Client) -> None:
    act = disabled(cast, 5)
    ready = previewed(operations, act)
    operations.post(address(act), {"run": ready.context["signed"]})  # one step, then the tab is closed
    assert Change.objects.filter(act__undoes=act).count() == 2
    again = previewed(operations, act)
    assert run_of(again).total == 3
    list(go_on(operations, act, again))
    assert Change.objects.filter(act=Act.objects.get(undoes=act)).count() == 5


def test_another_request_is_another_act(cast: Cast, operations: Client) -> None:
    act = disabled(cast, 3)
    ready = previewed(operations, act)
    operations.post(address(act), {"run": ready.context["signed"]})
    list(go_on(operations, act, previewed(operations, act, reason="The rest")))
    assert sorted(Act.objects.filter(undoes=act).values_list("reason", flat=True)) == ["The rest", "Too early"]


def test_the_same_step_sent_twice_writes_once(cast: Cast, operations: Client) -> None:
    act = disabled(cast, 3)
    ready = previewed(operations, act)
    running = operations.post(address(act), {"run": ready.context["signed"]})
    for _time in range(2):
        operations.post(address(act), {"run": running.context["signed"]})
    assert Change.objects.filter(act__undoes=act).count() == 3


def test_a_confirmation_sent_twice_begins_one_act(cast: Cast, operations: Client) -> None:
    act = disabled(cast, 5)
    ready = previewed(operations, act)
    first, second = (operations.post(address(act), {"run": ready.context["signed"]}) for _time in range(2))
    for answer in (first, second):
        *_steps, last = go_on(operations, act, answer)
    undo = Act.objects.get(undoes=act)
    assert Change.objects.filter(act=undo).count() == 5
    followed = operations.get(last.url).content.decode()
    assert "on 5 entitlements." in followed
    assert "stayed as" not in followed


def test_a_run_of_another_person_or_act_or_with_other_letters_is_asked_anew(cast: Cast, operations: Client) -> None:
    act, other = disabled(cast, 2), disabled(cast, 2)
    ready = previewed(operations, act).context["signed"]
    second = Client()
    second.force_login(cast.people["administrator"])
    before = Change.objects.count()
    for client, place, text in (
        (second, act, ready),
        (operations, other, ready),
        (operations, act, ready[:-2]),
        (operations, act, "x"),
    ):
        answer = client.post(address(place), {"run": text, "reason": "r"})
        assert run_of(answer).phase is steps.Phase.PREVIEWING
    assert Change.objects.count() == before


def test_a_new_day_is_previewed_anew(cast: Cast, operations: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    act = disabled(cast, 2)
    ready = previewed(operations, act)
    tomorrow = run_of(ready).operation.as_of.replace(year=2099)
    monkeypatch.setattr("entitlements.bulk.undo_pages.site_today", lambda: tomorrow)
    answer = operations.post(address(act), {"run": ready.context["signed"]})
    assert run_of(answer).operation.as_of == tomorrow
    assert "A new day has begun since the preview." in answer.content.decode()
    assert not Act.objects.filter(undoes=act).exists()


def test_a_reason_that_is_too_long_is_refused_on_its_field(cast: Cast, operations: Client) -> None:
    act = disabled(cast, 2)
    answer = operations.post(address(act), {"reason": "x" * 501})
    assert answer.status_code == 422
    assert "reason" in answer.context["form"].errors


def test_a_reader_may_not_open_it(cast: Cast) -> None:
    act = disabled(cast, 2)
    viewer = Client()
    viewer.force_login(cast.people["viewer"])
    assert viewer.post(address(act), {"reason": "r"}).status_code == 403
