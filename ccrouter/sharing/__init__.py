"""What several worker processes of one daemon know together: one piece of memory that all of them see."""
