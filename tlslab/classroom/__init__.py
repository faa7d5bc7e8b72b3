"""Building the notebooks that a learner opens."""
