"""The local AWS: a real `cdk deploy` on loopback, without an account or a container engine.

Development only: nothing of the product imports this package, and it imports no CDK.

* ``connect``            Amazon Connect's rules as a pure core: state, operations, validation, no network
* ``connect_server``     that core behind a loopback HTTP server in this process, for tests of a client
* ``identity_provider``  a fresh SAML identity provider: key, metadata, signed responses
* ``addon``              Connect, SAML and IAM for MiniStack; runs in ``.venv-local-aws`` only
* ``server``             starts and stops MiniStack with the add-on, and the environment that clients need
* ``cdk``                the AWS CDK's command line, with time limits
"""
