"""One verb each: what people do with accounts and patients."""
