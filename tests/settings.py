"""Upshift's settings in a fixed environment: nothing from the shell or an ``.env`` file reaches the tests.

``TEST_DATABASE_URL`` alone decides the database; without it the tests run on SQLite in memory.
"""

import os

FORGOTTEN = (
    "SECRET_KEY",
    "ALLOWED_HOSTS",
    "TIME_ZONE",
    "SITE_LABEL",
    "HTTPS",
    "BEHIND_PROXY",
    "HSTS_SECONDS",
    "LOG_LEVEL",
    "PROPOSE_OUTSIDE_GROUPS",
    "PROPOSE_OVERRIDES_BEYOND",
    "PROPOSE_RELEASES_OVER",
    "PROPOSE_CREDITS_OVER",
    "PROPOSE_BULK_OVER",
)

for name in FORGOTTEN:
    os.environ.pop(name, None)
os.environ["ENV_FILE"] = ""
os.environ["DEBUG"] = "on"
os.environ["DATABASE_URL"] = os.environ.get("TEST_DATABASE_URL") or "sqlite://:memory:"

from config.settings import *  # noqa: E402, F403 (read only now, from the environment above)
from config.settings import TEMPLATES  # noqa: E402
from tests.undefined_variables import UndefinedVariable  # noqa: E402

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
TEMPLATES[0]["OPTIONS"]["string_if_invalid"] = UndefinedVariable("%s")
