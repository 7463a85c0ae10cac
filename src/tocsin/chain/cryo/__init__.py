"""cryo's Parquet datasets (https://github.com/paradigmxyz/cryo): file names, columns, and what differs from ours."""
