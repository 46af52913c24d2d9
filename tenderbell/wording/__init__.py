"""Reading what people write: dates, amounts and weightings in running text, the same for notices and for drafts."""
