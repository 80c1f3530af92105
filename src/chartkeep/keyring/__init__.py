"""Rows of patient keys and key states; vaults that use them; checks that refuse wrong keys."""
