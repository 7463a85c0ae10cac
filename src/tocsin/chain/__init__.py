"""What a chain says: recordings, codecs from bytes to columns, datasets, sources as values."""
