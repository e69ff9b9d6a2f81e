"""What AWS makes of SAML: the metadata of a provider, and a response that a browser brings. Pure.

Must not know MiniStack. Needs lxml, cryptography and signxml, which both environments have.
"""
