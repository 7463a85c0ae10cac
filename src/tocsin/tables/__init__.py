"""Columnar ground: schemas, exact 256-bit amounts, hexadecimal in bulk, literal rows."""
