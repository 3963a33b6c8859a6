"""Who acts: a person, or a trusted process such as a management command."""

import getpass
from argparse import ArgumentParser
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import User
from django.core.management.base import CommandError
from django.db.models import QuerySet

from config.folding import fold, hidden_at

LONGEST_NAME = 150
SYSTEM = "system ("  # no form accepts a username with a blank, so that no person is mistaken for a process


@dataclass(frozen=True, slots=True)
class System:
    """A trusted process on the server, such as a management command. It needs no permission."""

    name: str

    def __str__(self) -> str:
        return f"{SYSTEM}{self.name[: LONGEST_NAME - len(SYSTEM) - 1]})"


class NotStarted(CommandError):
    """The command stopped before any write: a wrong argument, no permission, no confirmation. Exit code 2."""

    def __init__(self, message: str) -> None:
        super().__init__(message, returncode=2)


def name_of(made_by: User | System) -> str:
    """Return the name under which pages and the log know a person or a process: a person's own, else the username."""
    if isinstance(made_by, System):
        return str(made_by)
    own = made_by.get_full_name()[:LONGEST_NAME]
    is_readable = own and hidden_at(own) is None and not fold(own).startswith(fold(SYSTEM) + " ")
    return own if is_readable else made_by.get_username()


def people() -> "QuerySet[User]":
    """Return the users who are people: not the rows that name processes in Django's log."""
    return User.objects.exclude(username__startswith=SYSTEM)


def user_of(made_by: User | System) -> User:
    """Return the user of a line in Django's log: a process gets a user who is inactive and cannot log in. May write."""
    if not isinstance(made_by, System):
        return made_by
    user, _is_new = User.objects.get_or_create(
        username=str(made_by), defaults={"is_active": False, "password": make_password(None)}
    )
    return user


def process() -> System:
    """Return the process that runs now, by the name of its user on the server."""
    try:
        return System(getpass.getuser())
    except (KeyError, OSError):  # the user of a container may have no name
        return System("command line")


def add_as_option(parser: ArgumentParser) -> None:
    """Declare ``--as``, which every command that writes has."""
    parser.add_argument(
        "--as",
        dest="username",
        metavar="USERNAME",
        help="Act as this person, who needs the permission. Default: the system's user, as a trusted process.",
    )


def actor(options: dict[str, Any], permissions: Iterable[str]) -> User | System:
    """Return the person of ``--as``, else the process.

    Raises ``NotStarted`` for a person who is unknown or lacks one of the permissions.
    """
    username: str | None = options["username"]
    if username is None:
        return process()
    person = people().filter(username=username).first() if username.isprintable() else None
    if person is None:
        raise NotStarted(f"--as: There is no person with the username {username[:LONGEST_NAME]!r}.")
    for permission in permissions:
        if not person.has_perm(permission):
            raise NotStarted(f"--as: {username} lacks the permission {permission}.")
    return person
