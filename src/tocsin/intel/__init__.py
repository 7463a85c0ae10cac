"""What others know: labels, prices and announced changes, as tables. Pure: bytes in, tables out."""
