"""``create-admin``, ``create-user``, ``invite``, ``setup-link``: accounts by the hand of an operator."""

import argparse
import json
import secrets
import sys
from typing import Any

from chartkeep.ops.errors import CommandError
from chartkeep.ops.start import start

ROLES = ("patient", "clinician", "administrator")


def add(commands: Any) -> None:
    """Add the commands to the command line."""
    admin = commands.add_parser("create-admin", help="make an administrator's account")
    admin.set_defaults(run=_create, role="administrator")
    user = commands.add_parser("create-user", help="make an account, already verified")
    user.add_argument("--role", choices=ROLES, default="patient")
    user.set_defaults(run=_create)
    for command in (admin, user):
        command.add_argument("--email", required=True)
        command.add_argument("--name", default="", help="makes a record of their own under this name")
        command.add_argument("--json", action="store_true", help="print JSON for programs")
        command.add_argument(
            "--generate-password", action="store_true", help="print a new password instead of reading one"
        )
    invite = commands.add_parser("invite", help="make an invitation and print its link")
    invite.add_argument("--email", default="", help="only this address may use it")
    invite.add_argument("--role", choices=ROLES, default="patient")
    invite.set_defaults(run=_invite)
    link = commands.add_parser("setup-link", help="print a new one-time link for the first account")
    link.set_defaults(run=_setup_link)


def _create(options: argparse.Namespace) -> int:
    password = _password(options)
    start()
    from django.db import transaction

    from chartkeep.accounts.flows.create_patient import create_patient
    from chartkeep.accounts.flows.create_user import create_user
    from chartkeep.lib.actor import Actor

    with transaction.atomic():
        person = create_user(
            email=options.email,
            password=password,
            is_administrator=options.role == "administrator",
            clinician=options.role == "clinician",
        )
        if options.name:
            create_patient(actor=Actor.person(person.id), name=options.name, is_self=True)
    if options.json:
        shown = {"password": password} if options.generate_password else {}
        print(json.dumps({"id": str(person.id), "email": person.email, "role": options.role} | shown))
        return 0
    print(f"{options.role}: {person.email}")
    if options.generate_password:
        print(f"password: {password}  (shown this once)")
    return 0


def _password(options: argparse.Namespace) -> str:
    if options.generate_password:
        return secrets.token_urlsafe(15)
    if sys.stdin.isatty():
        import getpass

        password = getpass.getpass("Password: ")
        if password != getpass.getpass("Again: "):
            raise CommandError("The two passwords differ.")
        return password
    password = sys.stdin.readline().rstrip("\n")
    if not password:
        raise CommandError("Give a password on standard input, or use --generate-password.")
    return password


def _invite(options: argparse.Namespace) -> int:
    start()
    from chartkeep.accounts.flows.invite import invite
    from chartkeep.lib.actor import Actor

    link = invite(
        actor=Actor.system(),
        email=options.email,
        makes_administrator=options.role == "administrator",
        makes_clinician=options.role == "clinician",
    )
    print(link.url)
    return 0


def _setup_link(_options: argparse.Namespace) -> int:
    start()
    from chartkeep.accounts.flows.set_up import setup_link

    link = setup_link()
    if link is None:
        raise CommandError("There are accounts already. Use `chartkeep invite`, or `chartkeep create-admin`.")
    print(link)
    return 0
