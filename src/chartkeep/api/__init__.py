"""The JSON face: /api/v1, OpenAPI 3.1, errors as RFC 9457 problem documents."""
