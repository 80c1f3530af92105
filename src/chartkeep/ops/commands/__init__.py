"""One module for each family of commands: ``add(subparsers)`` and a function per command."""
