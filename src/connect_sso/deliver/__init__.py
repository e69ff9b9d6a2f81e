"""``connect-sso deliver``: what was read is what happens.

`prepare` reviews what was synthesized, keeps a plan of the users, and makes change sets that carry the plan's
digest; one digest names all of it. `execute` takes that digest for the approval, and executes those change sets
or nothing. `drift` looks, and writes nothing. None of them knows a pipeline: three pipelines call them.
"""
