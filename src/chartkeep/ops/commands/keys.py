"""``chartkeep keys``: make keys, look after them."""

import argparse
import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

from chartkeep.crypto.keys import MasterKey
from chartkeep.ops.errors import CommandError
from chartkeep.ops.first_run import (
    MASTER_KEY,
    RSA_PRIVATE,
    RSA_PUBLIC,
    private_directory,
    write_new,
    write_rsa_pair,
)
from chartkeep.ops.start import start


def add(commands: Any) -> None:
    """Add the family to the command line."""
    family = commands.add_parser("keys", help="make keys, look after them")
    below = family.add_subparsers(dest="keys_command", required=True, metavar="COMMAND")
    generate = below.add_parser("generate", help="write a new master key and RSA pair")
    generate.add_argument("--out", type=Path, default=Path("keys"), help="directory (default: ./keys)")
    generate.add_argument("--rsa-bits", type=int, choices=[2048, 3072, 4096], default=2048)
    generate.add_argument(
        "--passphrase-stdin",
        action="store_true",
        help="encrypt the private key with a line from standard input",
    )
    generate.set_defaults(run=_generate)
    status = below.add_parser("status", help="which master keys there are and what each still wraps")
    status.add_argument("--json", action="store_true")
    status.set_defaults(run=_status)


def _generate(options: argparse.Namespace) -> int:
    out: Path = options.out.absolute()
    private_directory(out)
    taken = [name for name in (MASTER_KEY, RSA_PRIVATE, RSA_PUBLIC) if (out / name).exists()]
    if taken:
        raise CommandError(
            f"{out} holds {', '.join(taken)} already. Keys are never overwritten: choose another --out."
        )
    passphrase = sys.stdin.readline().rstrip("\n").encode() if options.passphrase_stdin else None
    if passphrase == b"":
        raise CommandError("There was no passphrase on standard input.")
    key = MasterKey.generate()
    if not write_new(out / MASTER_KEY, key.to_text().encode()) or not write_rsa_pair(
        out, bits=options.rsa_bits, passphrase=passphrase
    ):
        raise CommandError(f"Somebody else wrote keys to {out} just now. Choose another --out.")
    print(
        f"# key {key.key_id}; set these, and keep a copy of the files in a safe place:\n"
        f"ENCRYPTION_KEY_FILE={out / MASTER_KEY}\n"
        f"RSA_PRIVATE_KEY_PATH={out / RSA_PRIVATE}\n"
        f"RSA_PUBLIC_KEY_PATH={out / RSA_PUBLIC}"
    )
    return 0


def _status(options: argparse.Namespace) -> int:
    start()
    from chartkeep.keyring.queries import key_status

    found = key_status()
    if options.json:
        print(json.dumps([asdict(status) for status in found], indent=1))
        return 0
    print(f"{'key id':<18}{'version':<9}{'role':<14}{'vault keys':>10}")
    for status in found:
        print(f"{status.key_id:<18}{status.version:<9}{status.role:<14}{status.vault_keys:>10}")
    return 0
