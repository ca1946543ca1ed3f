"""The fault harness: damaged files, kills, full disks and hostile input, drawn at random.

`python -m tests.faults --help` says how it is run; docs/reliability.md says what it promises.
"""
