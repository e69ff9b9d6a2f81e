"""Tests of what a contact center declares: config, metadata, addresses. No clock, no network."""
