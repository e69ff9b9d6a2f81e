"""What a contact center declares, as typed values: its config file, SAML metadata, addresses.

Pure: files in, values out. Knows no CDK, no AWS client, no clock (`now` is an argument where time matters).
"""
