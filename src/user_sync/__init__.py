"""The sync engine: from a Salesforce export to Amazon Connect users.

Data flows one way: export → desired → plan → apply → report. The package is exactly what the
Lambda function carries beside its layer: the standard library, boto3 behind one door
(:mod:`user_sync.connect`) and openpyxl. It must not know CDK, the config file or the command line.
"""
