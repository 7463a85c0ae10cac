"""Money that leaves with a stolen key, and where stolen money goes."""
