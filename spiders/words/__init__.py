"""Words: dates, amounts and references as people write them."""
