"""What a browser meets on the way in: the sign-in address, the federate page, a page of the instance. Pure.

Must not know MiniStack, sockets or policies: `endpoint` asks an `Aws`, which the add-on brings.
"""
