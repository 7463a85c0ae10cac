"""What the words mean: values, ids, errors and the extension contract. Standard library only."""
