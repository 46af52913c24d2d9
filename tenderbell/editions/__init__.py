"""Another county: its area and its edition, written from reference tables, with what a human must still fill in."""
