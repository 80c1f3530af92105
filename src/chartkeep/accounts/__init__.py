"""People who sign in, patients, and who may act for whom."""
