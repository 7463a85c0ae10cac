"""From JSON-RPC bytes to raw datasets."""

from tocsin.chain.codecs.batch import batches, tables

__all__ = ["batches", "tables"]
