"""Constructs for Salesforce sign-on to Amazon Connect, usable from anybody's CDK app.

Every construct takes keyword-only arguments and publishes what it makes. Knows no config file, no AWS
client and not the sync engine: the engine's folder is an argument.
"""
