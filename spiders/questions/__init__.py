"""Questions: what each spider takes for granted about its source, asked of the live service by `tenderbell probe`."""
