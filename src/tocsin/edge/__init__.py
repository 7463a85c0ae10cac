"""The only package that does IO: nodes, files, database, clock, network."""
