"""Building the notebooks that learners and teachers open."""
