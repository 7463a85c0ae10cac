"""What the command line shows: values in, rich renderables out."""
