"""Container images, and the check that builds and runs them."""
