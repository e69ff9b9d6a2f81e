"""The kit: everything that the other side of a sign-on needs, written into one folder.

Read in the order of the data: `outputs` and `known` (what was read), `values` (what goes into the files),
`salesforce_project`, `import_file`, `people`, `sheets` and `page` (the files), `contents` (all of them, and
the checklist), `folder` (written whole or not at all), `command` (the command line's door). Only `instance`
talks to AWS, and the kit is complete without it but for what it names.
"""
