"""Trains an image classifier: a data set in, a run folder with the best checkpoint out."""
