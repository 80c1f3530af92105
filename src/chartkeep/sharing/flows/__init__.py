"""Verbs of sharing."""
