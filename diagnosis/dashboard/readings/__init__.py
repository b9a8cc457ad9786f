"""What people make of the answers: their own reading before, their final one after, the record of both."""
