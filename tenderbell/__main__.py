"""`python -m tenderbell`: the same as the `tenderbell` command."""

from tenderbell.cli import main

main()
