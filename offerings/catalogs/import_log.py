"""The lines that an import leaves in the log: one for the product, one for each offering and plan that it wrote.

The line of the product begins with the counts, and names every difference of its features and editions too: thousands
of lines of their own would hide everything else.
"""

from collections.abc import Iterator

from django.contrib.admin.models import ADDITION, CHANGE
from django.utils.translation import ngettext

from config.edit_log import Edit, EditLine
from offerings.catalogs.import_plan import Action, ImportPlan, Section
from offerings.models import Edition, Feature, Offering, Plan, Product, Retirable

LOGGED: tuple[type[Retirable], ...] = (Feature, Edition, Offering, Plan, Product)


def begin_import(plan: ImportPlan) -> Edit:
    """Return an edit that watches the rows of the product; before the import writes any of them."""
    edit, existing = Edit(), plan.rows.existing
    product = [existing.product] if existing.product else []
    edit.watch(*product, *existing.features, *existing.editions, *existing.offerings)
    return edit


def import_lines(edit: Edit, plan: ImportPlan) -> Iterator[EditLine]:
    """Yield the lines of an import that is written, the product's last; none where nothing differs."""
    edit.add(*([plan.product] if plan.is_new else []), *(row for row in plan.writes.new if isinstance(row, LOGGED)))
    rest, differences = [], [f"Imported {plan.head['file']}: {counts_in_words(plan)}."]
    lines = edit.lines()
    for line in sorted(lines, key=lambda line: LOGGED[::-1].index(line.model)):
        if line.model is Product:
            differences.append(line.message)
        elif line.model in (Feature, Edition):
            differences.append(_in_one_line(line))
        else:
            rest.append(line)
    yield from rest
    if lines:
        flag = ADDITION if plan.is_new else CHANGE
        yield EditLine(Product, plan.product.pk, str(plan.product), flag, "\n".join(differences))


def _in_one_line(line: EditLine) -> str:
    noun, sentences = line.model._meta.verbose_name, line.message.replace("\n", " ")
    if line.action_flag == ADDITION:
        return f"Added {noun} {line.title}: {sentences}"
    return f"{str(noun).capitalize()} {line.title}: {sentences}"


def counts_in_words(plan: ImportPlan) -> str:
    """Return the counts of a plan in words: ``2 features added, 1 edition changed``."""
    counts = [(len(plan.chosen(section, action)), section, action) for section in Section for action in Action]
    words = [
        f"{count} {ngettext(section.singular, section, count)} {action}" for count, section, action in counts if count
    ]
    return ", ".join(words) or "nothing changed"
