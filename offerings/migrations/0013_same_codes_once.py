"""Let codes, keys and SKUs be one that differ only in case or punctuation."""

from django.db import migrations, models
from django.db.models import Q

from config.name_upkeep import refuse_same_names

ON_SALE = Q(retired_at=None)
RULES = (
    ("product", "code", (), None, "product_folded_code_once"),
    ("feature", "key", ("product",), ON_SALE, "feature_folded_key_once"),
    ("edition", "key", ("product", "kind"), ON_SALE, "edition_folded_key_once"),
    ("plan", "code", (), None, "plan_folded_code_once"),
    ("offering", "sku", (), None, "offering_folded_sku_once"),
)


class Migration(migrations.Migration):
    """Stop where two are the same, and name them; else add the constraints."""

    dependencies = [("offerings", "0012_names_without_hidden_characters")]

    operations = [
        operation
        for model, source, scope, condition, name in RULES
        for operation in (
            refuse_same_names("offerings", model, source=source, scope=scope, condition=condition),
            migrations.AddConstraint(
                model_name=model,
                constraint=models.UniqueConstraint(fields=[*scope, f"{source}_folded"], condition=condition, name=name),
            ),
        )
    ]
