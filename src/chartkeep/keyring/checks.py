"""System checks of the keys: every refusal to start of cryptography.md section 1."""
