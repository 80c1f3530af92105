"""Verbs of the log."""
