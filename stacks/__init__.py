"""The stacks of a contact center: each only composes constructs, from a config that is valid."""
