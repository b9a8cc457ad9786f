"""How often a version errs on its test split, and what that means elsewhere."""
