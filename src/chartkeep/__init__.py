"""Chartkeep: a personal medical record vault.

Documents are encrypted before they are stored, shown to a clinician by a QR code or a link that
expires, is counted and can be revoked, and every access is written to a tamper-evident log.
The layers, from the ground up: crypto, lib, storage and formats, wiring, audit, keyring, accounts,
records, sharing, and the faces web, api and ops.
"""

__version__ = "0.1.0"
