"""When: the timetable, the main job, and one TOML per edition."""
