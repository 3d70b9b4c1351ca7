"""Another configuration becomes the user's own: its keys go into the `.env`, its text is written with comments."""
