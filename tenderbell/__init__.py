"""The core of Tenderbell: its vocabulary, its three databases, compiling, searching, settings, the command line."""

__version__ = "0.1.0"
