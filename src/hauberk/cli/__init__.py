"""The command line: argv in, one flow called, the result rendered."""
