"""The command line ``connect-sso``: thin over :mod:`contact_center` and :mod:`user_sync`."""
