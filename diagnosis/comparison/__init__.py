"""Several model versions side by side: on one case, in how they were made, and on a whole split."""
