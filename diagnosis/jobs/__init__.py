"""Trainings in processes of their own: plan, queue, worker, record."""
