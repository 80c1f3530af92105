"""Verbs of the keyring."""
