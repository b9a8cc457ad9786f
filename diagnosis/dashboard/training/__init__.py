"""The train page: what is to be trained, a look at it before, and the run while it lives and after."""
