"""Small kits named by subject: who acts, what time it is, how errors are told, how values are sealed."""
