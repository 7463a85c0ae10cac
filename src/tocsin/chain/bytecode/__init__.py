"""What the code of a contract shows without being run. Bytes in, values out."""
