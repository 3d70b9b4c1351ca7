"""Changes of the user's own config text: comments, order, formatting and what nobody knows stay as they are."""
