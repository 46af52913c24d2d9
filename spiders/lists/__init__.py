"""Lists: sources that show rows, page after page, whose rows often have a page of their own."""
