"""The ``chartkeep`` command: thin commands that call flows."""
