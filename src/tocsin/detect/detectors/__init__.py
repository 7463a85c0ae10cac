"""One detector a module, in a folder per family."""
