"""The append-only, tamper-evident log: tags, ``flows.record``, reading."""
