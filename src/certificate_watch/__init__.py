"""What watches the end of the identity providers' certificates, once deployed: one function, one file.

It runs in a Lambda function whose code stands in the template, so that the sign-on stack needs no asset: the
standard library and the runtime's own botocore, at most 4,096 characters. Must not import anything of ours.
"""
