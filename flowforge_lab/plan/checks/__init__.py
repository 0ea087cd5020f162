"""What can be wrong with a workflow, one check a file.

A check is a function `check(draft)` that yields a `Problem` for each fault; it is found by its file.
"""
