"""Made-up people and documents, generated here and not copied from anybody."""
